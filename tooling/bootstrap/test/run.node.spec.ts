import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile
} from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, it } from 'vitest'
import { reclaim } from '../lock.mjs'

const scripts = ['run.mjs', 'lock.mjs']

/** A project with one app, and an npx that installs by writing down that it was called. */
let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'daa-bootstrap-'))
  await mkdir(join(root, 'tooling/bootstrap'), { recursive: true })
  await mkdir(join(root, 'apps/trainer/src'), { recursive: true })
  await mkdir(join(root, 'fake'))
  for (const script of scripts) {
    const source = fileURLToPath(new URL(`../${script}`, import.meta.url))
    await copyFile(source, join(root, 'tooling/bootstrap', script))
  }
  await write('package.json', '{ "type": "module", "packageManager": "pnpm@1.2.3" }')
  await write('apps/trainer/package.json', '{ "name": "trainer" }')
  await write('pnpm-lock.yaml', 'lockfileVersion: 9')
  await write('apps/trainer/src/start.ts', 'console.log(JSON.stringify(process.argv.slice(2)))')
  await fakeNpx('mkdir -p node_modules/.bin')
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function write(path: string, text: string): Promise<void> {
  return writeFile(join(root, path), text)
}

const LOCK = 'node_modules/.daa-install.lock'

/** A lock that somebody took and touched last so many seconds ago. */
async function writeLock(text: string, age: number): Promise<void> {
  await mkdir(join(root, 'node_modules'), { recursive: true })
  await write(LOCK, text)
  const touched = Date.now() / 1000 - age
  await utimes(join(root, LOCK), touched, touched)
}

async function fakeNpx(commands: string): Promise<void> {
  const lines = [
    '#!/bin/sh',
    'echo "$@" >> calls',
    commands,
    `ln -sf '${process.execPath}' node_modules/.bin/node`
  ]
  await write('fake/npx', `${lines.join('\n')}\n`)
  await chmod(join(root, 'fake/npx'), 0o755)
}

/** How often an install was asked for, and with what. */
async function installs(): Promise<string[]> {
  return (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n')
}

interface Running {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Exit code, or the signal. */
  readonly ended: Promise<unknown>
  /** Resolves once a text was printed to standard output. */
  readonly printed: (text: string) => Promise<void>
  /** The same for standard error. */
  readonly said: (text: string) => Promise<void>
}

function start(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {}
): Running {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      npm_lifecycle_event: undefined,
      PATH: `${join(root, 'fake')}${delimiter}${process.env['PATH']}`,
      ...env
    }
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended: once(child, 'close').then(([code, signal]: unknown[]) => code ?? signal),
    async printed(text) {
      while (!stdout.includes(text)) await once(child.stdout, 'data')
    },
    async said(text) {
      while (!stderr.includes(text)) await once(child.stderr, 'data')
    }
  }
}

function bootstrap(...args: string[]): Running {
  return start(process.execPath, ['tooling/bootstrap/run.mjs', ...args])
}

const WAITS = `
  process.on('SIGTERM', () => { console.log('told'); process.exit(7) })
  setInterval(() => {}, 1000)
  console.log('up ' + process.pid)`

it('installs once, with the pinned pnpm, and hands arguments and output through', async () => {
  const first = bootstrap('start', '--json', 'a b')
  expect(await first.ended).toBe(0)
  expect(first.stdout()).toBe('["--json","a b"]\n')
  expect(first.stderr()).toContain('installing dependencies with pnpm@1.2.3')
  const second = bootstrap('start')
  expect(await second.ended).toBe(0)
  expect(second.stderr()).toBe('')
  expect(await installs()).toEqual(['-y pnpm@1.2.3 install --frozen-lockfile'])
})

it('installs again when the lockfile or a manifest changes', async () => {
  await bootstrap('install').ended
  await write('pnpm-lock.yaml', 'lockfileVersion: 10')
  await bootstrap('install').ended
  await write('apps/trainer/package.json', '{ "name": "other" }')
  await bootstrap('install').ended
  await bootstrap('install').ended
  expect(await installs()).toHaveLength(3)
})

it('shows what the install said when it fails, and tries again the next time', async () => {
  await fakeNpx('echo no such package; echo really not >&2; exit 5')
  const failing = bootstrap('start')
  expect(await failing.ended).toBe(5)
  expect(failing.stderr()).toMatch(/no such package[^]*really not[^]*the install failed/)
  expect(failing.stdout()).toBe('')
  await fakeNpx('mkdir -p node_modules/.bin')
  expect(await bootstrap('start').ended).toBe(0)
})

it('lets one of two install and the other wait', async () => {
  await fakeNpx('mkdir -p node_modules/.bin; sleep 0.5')
  const both = [bootstrap('start'), bootstrap('start')]
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0])
  expect(await installs()).toHaveLength(1)
})

it('does not wait for an install that was killed', async () => {
  const dead = spawn(process.execPath, ['-e', ''])
  await once(dead, 'close')
  await writeLock(String(dead.pid), 4)
  expect(await bootstrap('start').ended).toBe(0)
})

it.each([
  ['nobody', ''],
  ['what no process is called', 'garbage \u0000'],
  ['a process that has the number by chance', String(process.pid)]
])('does not wait for ever for a lock that names %s', async (_, text) => {
  await writeLock(text, 11)
  expect(await bootstrap('start').ended).toBe(0)
  expect(await readdir(join(root, 'node_modules'))).toEqual(
    expect.not.arrayContaining([expect.stringContaining('.lock')])
  )
})

it.skipIf(process.platform !== 'linux')(
  'does not wait for itself when numbers of processes begin anew',
  async () => {
    await writeLock('', 0)
    // `exec` keeps the number: the lock names the process that finds it
    const touch = `echo $$ > ${LOCK}; touch -d '5 seconds ago' ${LOCK}`
    const running = start('sh', ['-c', `${touch}; exec "$NODE" tooling/bootstrap/run.mjs start`], {
      NODE: process.execPath
    })
    expect(await running.ended).toBe(0)
  }
)

it('waits for a lock that is touched, whatever process it names', async () => {
  await fakeNpx('mkdir -p node_modules/.bin; touch up; while [ ! -e go ]; do sleep 0.1; done')
  const holder = bootstrap('start')
  await expect.poll(() => existsSync(join(root, 'up')), { timeout: 10_000 }).toBe(true)
  // as if the holder had been called something else and were late
  const [, token] = (await readFile(join(root, LOCK), 'utf8')).split(' ')
  expect(token).toMatch(/^[0-9a-f-]{36}$/)
  const old = Date.now() / 1000 - 5
  await utimes(join(root, LOCK), old, old)
  const age = async (): Promise<number> => Date.now() - (await stat(join(root, LOCK))).mtimeMs
  await expect.poll(age, { timeout: 10_000 }).toBeLessThan(2_000)
  const other = bootstrap('start')
  await other.said('waiting for another process')
  await write('go', '')
  expect([await holder.ended, await other.ended]).toEqual([0, 0])
  expect(await installs()).toHaveLength(1)
})

it('takes one lock away once, however many find it stale', async () => {
  await writeLock('stale', 11)
  const path = join(root, LOCK)
  reclaim(path, 'stale')
  expect(existsSync(path)).toBe(false)
  // somebody else was quicker and is in already
  await write(LOCK, 'fresh')
  reclaim(path, 'stale')
  expect(await readFile(path, 'utf8')).toBe('fresh')
  await rm(path)
  reclaim(path, 'stale')
  expect(await readdir(join(root, 'node_modules'))).toEqual([])
})

it('lets one of many install that find a stale lock', async () => {
  await writeLock('', 11)
  await fakeNpx('mkdir -p node_modules/.bin; sleep 0.5')
  const all = Array.from({ length: 4 }, () => bootstrap('start').ended)
  expect(await Promise.all(all)).toEqual([0, 0, 0, 0])
  expect(await installs()).toHaveLength(1)
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'says nothing of a failure when %s stops the install, and leaves no lock',
  async (signal) => {
    await fakeNpx('touch up; exec sleep 60')
    const running = bootstrap('start')
    await expect.poll(() => existsSync(join(root, 'up')), { timeout: 10_000 }).toBe(true)
    running.child.kill(signal)
    expect(await running.ended).toBe(128 + constants.signals[signal])
    expect(running.stderr()).toBe('daa-compute: installing dependencies with pnpm@1.2.3\n')
    expect(existsSync(join(root, LOCK))).toBe(false)
  }
)

it('stops waiting for another on a signal, and leaves the lock to it', async () => {
  await writeLock(String(process.pid), 0)
  const running = bootstrap('start')
  await running.said('waiting for another process')
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(143)
  expect(await readFile(join(root, LOCK), 'utf8')).toBe(String(process.pid))
})

it('goes on when nobody reads what it says', async () => {
  await fakeNpx('mkdir -p node_modules/.bin; while [ ! -e go ]; do sleep 0.1; done')
  const running = bootstrap('start')
  running.child.stderr?.destroy()
  await write('go', '')
  expect(await running.ended).toBe(0)
  expect(running.stdout()).toBe('[]\n')
})

it('passes the exit code on', async () => {
  await write('apps/trainer/src/start.ts', 'process.exitCode = 42')
  expect(await bootstrap('start').ended).toBe(42)
  await write('apps/trainer/src/start.ts', 'process.kill(process.pid, "SIGKILL")')
  expect(await bootstrap('start').ended).toBe(137)
})

it('hands a signal on and waits for what the program makes of it', async () => {
  await write('apps/trainer/src/start.ts', WAITS)
  const running = bootstrap('start')
  await running.printed('up')
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(7)
  expect(running.stdout()).toContain('told')
})

it.skipIf(process.platform !== 'linux').each(['SIGTERM', 'SIGKILL'] as const)(
  'ends the program when npm ends by %s',
  async (signal) => {
    await write('apps/trainer/src/start.ts', WAITS)
    await bootstrap('install').ended
    // as npm does it: a shell between itself and the script
    const npm = `require('node:child_process').spawn('sh', ['-c', '"$NODE" tooling/bootstrap/run.mjs start; exit'], { stdio: 'inherit' })`
    const running = start(process.execPath, ['-e', npm], {
      NODE: process.execPath,
      npm_lifecycle_event: 'start'
    })
    await running.printed('up')
    running.child.kill(signal)
    // the pipes close when the last process that holds them has ended
    await running.ended
    expect(running.stdout()).toContain('told')
  }
)

it('says how it is used', async () => {
  for (const args of [[], ['deploy'], ['toString']]) {
    const running = bootstrap(...args)
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toContain('usage: node tooling/bootstrap/run.mjs start|test|install')
  }
})
