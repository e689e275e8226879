import { spawn } from 'node:child_process'

export interface Outcome {
  readonly code: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

/** Runs a program to its end; one that cannot be started has failed. */
export function run(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', ({ message }) => resolve({ code: 1, output: message }))
    child.on('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() })
    )
  })
}
