import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { TEST_INTERVAL } from './constants.ts'
import { formatBytes, percent } from './table.ts'
import type { Progress } from './training.ts'

/** Shows how training goes on: a bar on a terminal, a line now and then elsewhere. */
export interface Display extends Disposable {
  show(phase: string, progress: Progress): void
  /** Says something in a line of its own. */
  say(line: string): void
}

/** Makes a display; nothing of it goes to stdout, which is for results. */
export function createDisplay(stream: NodeJS.WriteStream): Display {
  return stream.isTTY ? createBars(stream) : createLines(stream)
}

function createBars(stream: NodeJS.WriteStream): Display {
  const format = '{phase} {bar} {value}/{total}  {told}'
  const bars = new MultiBar(
    // Ctrl+C is not for a library to handle: the process has more to end than a bar
    { format, stream, barsize: 24, hideCursor: true, gracefulExit: false },
    Presets.shades_classic
  )
  const shown = new Map<string, SingleBar>()
  return {
    show(phase, progress) {
      const bar =
        shown.get(phase) ?? bars.create(progress.steps, 0, { phase: phase.padEnd(7), told: '' })
      shown.set(phase, bar)
      bar.update(progress.step, { told: describe(progress) })
    },
    say(line) {
      if (shown.size > 0) bars.log(`${line}\n`)
      else stream.write(`${line}\n`)
    },
    [Symbol.dispose]: () => bars.stop()
  }
}

function createLines(stream: NodeJS.WriteStream): Display {
  const say = (line: string): void => {
    stream.write(`${line}\n`)
  }
  return {
    show(phase, progress) {
      const { step, steps } = progress
      if (step !== 1 && step !== steps && step % TEST_INTERVAL !== 0) return
      say(`${phase}  ${step}/${steps}  ${describe(progress)}`)
    },
    say,
    [Symbol.dispose]() {}
  }
}

function describe({ loss, accuracy, participants, bytesSent, note }: Progress): string {
  const parts = [`loss ${loss.toFixed(3)}`]
  if (accuracy !== undefined) parts.push(`accuracy ${percent(accuracy)}`)
  if (participants > 1) parts.push(`${participants} peers`)
  if (bytesSent > 0) parts.push(`sent ${formatBytes(bytesSent)}`)
  if (note !== undefined) parts.push(note)
  return parts.join('  ')
}
