import { type ChildProcessByStdio, execFile, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What the Go peer says of a dial. */
export interface GoOutcome {
  readonly security: string
  readonly muxer: string
  /** Absent if the echo came back byte by byte. */
  readonly error?: string
}

/** A running peer of go-libp2p: see `go-peer/main.go`. */
export interface GoPeer {
  /** Multiaddrs that it listens on. */
  readonly addresses: readonly string[]
  /** Has it dial a peer that serves the echo. */
  dial(address: string): Promise<GoOutcome>
  stop(): Promise<void>
}

/** Longest time a cold build may take on two busy cores, in ms. */
export const GO_BUILD_MS = 600_000

const source = fileURLToPath(new URL('../go-peer/', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/go-peer/', import.meta.url))

/** Where Go's own instructions put it. */
const DEFAULT_GO = '/usr/local/go/bin/go'

/**
 * The Go that builds the peer: the one on the `PATH`, or the usual one.
 *
 * @returns `undefined` where there is none; that is said, and under `CI=true` it
 * is an error, so that no run passes there by testing less
 */
export function findGo(): string | undefined {
  if (spawnSync('go', ['version']).status === 0) return 'go'
  if (existsSync(DEFAULT_GO)) return DEFAULT_GO
  const message =
    `No Go on the PATH or at ${DEFAULT_GO}, so nothing is tested against go-libp2p. ` +
    'Install Go 1.26 or later.'
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(`SKIPPED: ${message}`)
  return undefined
}

/** Builds the peer, unless it is the one that was built last, and starts it. */
export async function startGoPeer(go: string): Promise<GoPeer> {
  const child = spawn(await build(go), [], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const { addresses } = await next<{ addresses: readonly string[] }>(lines)
  return {
    addresses,
    dial(address) {
      child.stdin.write(`${address}\n`)
      return next<GoOutcome>(lines)
    },
    stop: () => stop(child)
  }
}

async function next<T>(lines: AsyncIterator<string>): Promise<T> {
  const { done, value } = await lines.next()
  if (done === true) throw new Error('the Go peer ended; it says above why')
  return JSON.parse(value) as T
}

function stop(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

async function build(go: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum', 'main.go'])
    hash.update(await readFile(join(source, file)))
  const binary = join(cache, hash.digest('hex').slice(0, 16))
  if (existsSync(binary)) return binary
  await mkdir(cache, { recursive: true })
  const lock = `${binary}.lock`
  try {
    await mkdir(lock)
  } catch {
    // the specs in Node and those in the browser begin together: one of them builds
    await waitForOther(lock)
    return build(go)
  }
  try {
    const unfinished = `${binary}.unfinished`
    await promisify(execFile)(go, ['build', '-trimpath', '-o', unfinished, '.'], { cwd: source })
    await rename(unfinished, binary)
    return binary
  } finally {
    await rm(lock, { recursive: true })
  }
}

/** Resolves when the lock is gone, and removes one whose owner must have died. */
async function waitForOther(lock: string): Promise<void> {
  while (existsSync(lock)) {
    const { mtimeMs } = await stat(lock)
    if (Date.now() - mtimeMs > GO_BUILD_MS) await rm(lock, { recursive: true, force: true })
    await setTimeout(100)
  }
}
