import { TEST_INTERVAL } from './constants.ts'
import type { Progress } from './training.ts'

/** What the swarm's processes have told, those that are dead by now included. */
export interface Tally {
  /** Makes what one process tells its progress to. */
  watch(): (progress: Progress) => void
  /** A peer is gone or back, with the digits that it learns from; one that was waited for has missed nothing. */
  mark(digits: readonly number[], isHere: boolean, step: number): void
  /** By all, up to the last step that each has told of. */
  readonly bytesSent: number
  /** Peers in the average, by step. */
  readonly participants: readonly number[]
}

interface Gap {
  readonly digits: readonly number[]
  readonly from: number
  to: number | undefined
}

/**
 * Adds up what all peers tell, and shows each step once, by whoever is the first to have
 * taken it: any other may be dead.
 *
 * @param show told the progress of the swarm, of which `bytesSent` is by all
 */
export function createTally(show: (progress: Progress) => void): Tally {
  const lives: { bytesSent: number }[] = []
  const participants: number[] = []
  const gaps: Gap[] = []
  const sent = (): number => lives.reduce((sum, { bytesSent }) => sum + bytesSent, 0)

  return {
    watch() {
      const life = { bytesSent: 0 }
      lives.push(life)
      return (progress) => {
        life.bytesSent = progress.bytesSent
        if (progress.step <= participants.length) return
        while (participants.length < progress.step) participants.push(progress.participants)
        show({ ...progress, bytesSent: sent(), note: describeGaps(gaps, progress.step) })
      }
    },
    mark(digits, isHere, step) {
      const open = gaps.find((gap) => gap.to === undefined && gap.digits.join() === digits.join())
      if (isHere && open?.from === step) gaps.splice(gaps.indexOf(open), 1)
      else if (isHere && open !== undefined) open.to = step
      else if (!isHere && digits.length > 0) gaps.push({ digits, from: step, to: undefined })
    },
    get bytesSent() {
      return sent()
    },
    participants
  }
}

/** Why accuracy is low: what nobody learns now, or until so lately that it is not learnt anew. */
function describeGaps(gaps: readonly Gap[], step: number): string | undefined {
  const lines = gaps
    .filter(({ to }) => to === undefined || step - to <= TEST_INTERVAL)
    .map(({ digits, from, to }) =>
      to === undefined
        ? `nobody here has digits ${digits.join(' ')} since step ${from}`
        : `nobody here had digits ${digits.join(' ')} from step ${from} to ${to}`
    )
  return lines.length === 0 ? undefined : lines.join(', ')
}
