import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly cwd: string
  /** A program that takes longer is killed and has failed; milliseconds. */
  readonly timeoutMs: number
}

export interface Outcome {
  readonly ok: boolean
  /** Why it failed and what it printed, or what it printed. */
  readonly output: string
}

/** Runs a program to its end, with all it has started, or until its time is over. */
export function run(
  file: string,
  args: readonly string[],
  { cwd, timeoutMs }: RunOptions
): Promise<Outcome> {
  return new Promise((resolve) => {
    // a group of its own, so that what it leaves behind ends with it
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const chunks: Buffer[] = []
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      killGroup(child.pid)
    }, timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const settle = (why: string | undefined): void => {
      clearTimeout(timer)
      const printed = Buffer.concat(chunks).toString()
      resolve({ ok: why === undefined, output: why === undefined ? printed : `${why}\n${printed}` })
    }
    child.on('error', ({ message }) => settle(message))
    child.on('exit', () => {
      killGroup(child.pid)
    })
    child.on('close', (code, signal) => {
      if (timedOut) settle(`not done after ${timeoutMs / 1000} s`)
      else if (code === 0) settle(undefined)
      else settle(`ended with ${signal ?? `exit code ${code}`}`)
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: nothing of the group is left
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
