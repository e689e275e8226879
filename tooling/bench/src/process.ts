import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { type Case, isReading, type Reading, readingOf } from './case.ts'

/** A case that is a whole program, started anew for every sample. */
export interface ProcessInit {
  /** A script, run by this Node with the sources of the workspace… */
  readonly script?: string | URL
  /** …or any other program with its first arguments. */
  readonly command?: readonly [file: string, ...args: string[]]
  readonly args?: readonly string[]
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * Bytes that the program works through. Counts where the program reports
   * nothing: then the case is this over its whole life, start included.
   */
  readonly bytes?: number
  /** A program that takes longer is killed and the case has failed. Default 60,000 ms. */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 60_000

/** How much of what a failed program said is repeated, in characters. */
const QUOTED_LENGTH = 2000

/**
 * A program reports by a line of JSON on its standard output,
 * `{ "value": 430, "unit": "MB/s" }`; the last such line counts. Else its life
 * is timed.
 */
export function createProcess(name: string, init: ProcessInit): Case {
  const [file, ...args] = commandOf(name, init)
  return {
    name,
    async prepare() {
      // its first sample is thrown away as a warm-up of the machine's caches
      await this.sample()
    },
    async sample() {
      const startedAt = performance.now()
      const output = await runToEnd(name, file, [...args, ...(init.args ?? [])], init)
      return findReading(output) ?? readingOf(performance.now() - startedAt, init.bytes)
    },
    cleanUp: () => Promise.resolve()
  }
}

function commandOf(name: string, { script, command }: ProcessInit): readonly [string, ...string[]] {
  if (script !== undefined && command === undefined) {
    const path = script instanceof URL ? fileURLToPath(script) : script
    return [process.execPath, '--conditions=source', path]
  }
  if (command !== undefined && script === undefined) return command
  throw new TypeError(`${name}: say either a script or a command`)
}

/** The last reading among the lines of a program's output. */
export function findReading(output: string): Reading | undefined {
  return output
    .split('\n')
    .map(parseReading)
    .findLast((reading) => reading !== undefined)
}

function parseReading(line: string): Reading | undefined {
  if (!line.trimStart().startsWith('{')) return undefined
  let said: unknown
  try {
    said = JSON.parse(line)
  } catch {
    return undefined
  }
  return isReading(said) ? { value: said.value, unit: said.unit } : undefined
}

/** @returns its standard output */
function runToEnd(
  name: string,
  file: string,
  args: readonly string[],
  { env, timeoutMs = DEFAULT_TIMEOUT_MS }: ProcessInit
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    // where this process is told to end, no program stays behind
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, timeoutMs)
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', kill)
      if (code === 0) {
        resolve(output)
        return
      }
      const why = timedOut
        ? `was not done after ${timeoutMs} ms`
        : `ended with ${signal ?? `exit code ${code}`}`
      reject(new Error(`${name} ${why}\n${(errors || output).slice(-QUOTED_LENGTH)}`.trimEnd()))
    })
  })
}
