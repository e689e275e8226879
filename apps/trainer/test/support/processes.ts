import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of the app, run as users run it. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess
  /** What it has written so far. */
  readonly output: { stdout: string; stderr: string }
  /** Resolves with the first match in stderr; rejects when the program ends without one. */
  saw(pattern: RegExp): Promise<RegExpExecArray>
  /** How it ended; resolves when nobody can write to its output any more. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Starts `src/<file>` in a process group of its own, so that a test can play a terminal. */
export function runProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {}
): Program {
  const path = fileURLToPath(new URL(`../../src/${file}`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env }
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return {
    process: child,
    output,
    ended,
    saw: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output.stderr)
          if (match !== null) resolve(match)
        }
        child.stderr.on('data', look)
        look()
        const complain = (): void => reject(new Error(`never saw ${pattern} in\n${output.stderr}`))
        void ended.then(complain)
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    }
  }
}

/** Whether a process of this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
