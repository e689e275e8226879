import { describeError } from './errors.ts'
import { endSoon, watchInterruption } from './interruption.ts'
import { perform } from './perform.ts'
import type { ChildMessage, Task } from './task.ts'

/**
 * A process of the launcher: performs the one task in its arguments and reports
 * over the IPC channel. It never outlives its parent.
 */
async function main(): Promise<void> {
  using interruption = watchInterruption({ ignoreInterrupt: true })
  const { signal } = interruption
  if (!process.connected) throw new TypeError('this file is a part of start.ts; run that')
  signal.addEventListener('abort', endSoon)
  // The parent is the only one who calls this, with a task it has just written.
  const task = JSON.parse(process.argv[2] ?? '') as Task
  const report = await perform(task, {
    signal,
    onListening: (addresses) => void tell({ type: 'listening', addresses }),
    onProgress: (progress) => void tell({ type: 'progress', progress }),
    onBehind: (step) => void tell({ type: 'behind', step }),
    onCaughtUp: (step) => void tell({ type: 'caughtUp', step })
  })
  await tell({ type: 'done', report })
}

/** Resolves when the parent has it or is gone. */
function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, () => resolve())
    else resolve()
  })
}

try {
  await main()
} catch (error) {
  await tell({ type: 'failed', reason: describeError(error) })
  process.exitCode ??= 1
}
endSoon()
if (process.connected) process.disconnect()
