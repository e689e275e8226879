// What `npm start` and `npm test` call, on a machine that has nothing but Node
// and npm: installs the project when that is needed, then runs the command with
// the project's own Node. Plain JavaScript for the oldest Node that is about
// (20), with nothing imported that an install would have to bring.
//
//   node tooling/bootstrap/run.mjs start [arguments for the trainer]
//   node tooling/bootstrap/run.mjs test [arguments for vitest]
//   node tooling/bootstrap/run.mjs install

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { takeLock } from './lock.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'node_modules')
const bin = join(modules, '.bin')
const stamp = join(modules, '.daa-install')
const lock = join(modules, '.daa-install.lock')
const windows = process.platform === 'win32'

/** How often is seen whether npm still waits for this process, in milliseconds. */
const CALLER_POLL_MS = 500

/** Folders whose subfolders are packages of the workspace. */
const workspaceFolders = ['packages', 'apps', 'tooling']

const commands = {
  start: (args) => ['--conditions=source', 'apps/trainer/src/start.ts', ...args],
  test: (args) => ['node_modules/vitest/vitest.mjs', 'run', ...args],
  install: () => undefined
}

const [name, ...rest] = process.argv.slice(2)
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
if (command === undefined) {
  fail(`usage: node tooling/bootstrap/run.mjs ${Object.keys(commands).join('|')} [arguments]`)
}

/** The child that signals go to. */
let child

/** The first signal that asked this process to end. */
let stoppedBy

// before anything that has to be tidied up
watchSignals()
await install()
const program = command(rest)
if (program !== undefined) process.exitCode = await run(program)

/** Installs what the lockfile names, unless that is what is there. */
async function install() {
  if (installed()) return
  mkdirSync(modules, { recursive: true })
  const release = await takeLock(lock, () => say('waiting for another process that installs here'))
  try {
    // another process may have done it while this one waited
    if (installed()) return
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    say(`installing dependencies with ${packageManager}`)
    const startedAt = Date.now()
    const wanted = fingerprint()
    rmSync(stamp, { force: true })
    const { code, output } = await capture(windows ? 'npx.cmd' : 'npx', [
      '-y',
      packageManager,
      'install',
      '--frozen-lockfile'
    ])
    // whoever stopped it knows why it did not succeed
    if (stoppedBy !== undefined) process.exit(exitCode(null, stoppedBy))
    if (code !== 0) {
      process.stderr.write(output)
      fail(`the install failed; above is what ${packageManager} said`, code)
    }
    mkdirSync(modules, { recursive: true })
    writeFileSync(stamp, wanted)
    say(`installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  } finally {
    release()
  }
}

/** Whether what is installed is what the lockfile and the manifests ask for. */
function installed() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()
}

/** Changes when an install would: with the lockfile and with any manifest. */
function fingerprint() {
  const files = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml']
  for (const folder of workspaceFolders) {
    if (!existsSync(join(root, folder))) continue
    for (const entry of readdirSync(join(root, folder)).sort()) {
      files.push(join(folder, entry, 'package.json'))
    }
  }
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of files) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(`\n${file}\n`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

/** Runs a command to its end and keeps what it printed. */
function capture(file, args) {
  return new Promise((resolve) => {
    child = spawn(file, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: windows
    })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n` }))
    child.on('close', (code, signal) => {
      child = undefined
      resolve({ code: exitCode(code, signal), output: Buffer.concat(chunks).toString() })
    })
  })
}

/** Runs a program under the project's own Node, in this terminal, to its end. */
function run(args) {
  return new Promise((resolve) => {
    child = spawn(join(bin, windows ? 'node.exe' : 'node'), args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` }
    })
    child.on('error', (error) => fail(`${args[0]} could not be started: ${error.message}`))
    child.on('close', (code, signal) => resolve(exitCode(code, signal)))
  })
}

/**
 * Hands the signals that end a program on to the child and waits for what it
 * makes of them, so that it can leave its run politely and does not outlive
 * this process; without a child, ends. A terminal's Ctrl+C reaches the child
 * without help: handed on, it would count twice.
 *
 * npm tells nobody when it is killed, and its shell takes a SIGTERM for itself;
 * so an end of either counts as a SIGTERM too. A reader of the output that has
 * gone away is no reason to stop by itself, nor one for a stack trace.
 */
function watchSignals() {
  const stop = (signal, handedOn) => {
    stoppedBy ??= signal
    if (child === undefined) process.exit(exitCode(null, signal))
    if (!handedOn) child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => stop(signal, signal === 'SIGINT' && process.stdin.isTTY))
  }
  const before = callers()
  const watch = setInterval(() => {
    if (callers() === before) return
    clearInterval(watch)
    stop('SIGTERM', false)
  }, CALLER_POLL_MS).unref()
  process.stderr.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** The shell that npm started this process in and, where the system tells, npm itself. */
function callers() {
  if (process.env.npm_lifecycle_event === undefined) return ''
  const shell = process.ppid
  try {
    return `${shell} ${/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${shell}/status`, 'utf8'))?.[1]}`
  } catch {
    return String(shell)
  }
}

/** What a shell would report: a signal's number plus 128. */
function exitCode(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0)
}

/** Progress goes to stderr: stdout belongs to the command. */
function say(text) {
  process.stderr.write(`daa-compute: ${text}\n`)
}

function fail(text, code = 1) {
  say(text)
  process.exit(code)
}
