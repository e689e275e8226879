import type { Clock } from '@daa-compute/interface'
import type { Counters } from '../counters.ts'
import type { Scenario } from '../scenario.ts'
import type { StateLedger } from '../state/state-ledger.ts'
import { Violation } from '../violation.ts'
import type { Decisions } from './decisions.ts'
import type { LastVotes } from './last-votes.ts'
import { hasBrokenWithLiar, isProgressOwed } from './progress.ts'
import type { Life } from './stage.ts'

export interface ActsInit {
  readonly scenario: Scenario
  readonly clock: Clock
  readonly counters: Counters
  readonly states: StateLedger
  readonly decisions: Decisions
  readonly lastVotes: LastVotes
  readonly lives: readonly Life[]
  /** Whether faults go on, or are about to. */
  isStormy(): boolean
  /** No fault comes any more. */
  onCalm(): void
  broken(error: unknown): void
  note(text: string): void
}

/** Three of them: faults; then calm, in which everybody has to be served; then it is over. */
export interface Acts {
  readonly calm: boolean
  readonly over: boolean
  /** Settles when all that was to happen has. */
  readonly ended: Promise<void>
  /** Something has ended, and maybe the act with it. */
  settled(): void
  /** Who still does what. */
  describeLiving(): string
}

/** Least ms of good weather after which a quorum has its rounds, and every call has settled. */
const PROGRESS_MS = 90_000

/** Least ms after which everybody has left. */
const LEAVE_MS = 60_000

export function createActs(init: ActsInit): Acts {
  const { scenario, clock, counters, states, decisions, lastVotes, lives, broken, note } = init
  // who is alone waits for others as long as it was told to, and may just have begun to
  const progressMs = Math.max(PROGRESS_MS, 2.5 * scenario.formTimeoutMs)
  const leaveMs = Math.max(LEAVE_MS, 2 * scenario.formTimeoutMs)
  const ended = Promise.withResolvers<void>()
  let calm = false
  let over = false

  function settled(): void {
    if (!calm) becomeCalm()
    else if (!over) becomeOver()
    if (over && lives.every(({ state }) => state !== 'alive')) ended.resolve()
  }

  function becomeCalm(): void {
    if (init.isStormy()) return
    const living = lives.filter(({ state }) => state === 'alive')
    const most = Math.max(0, ...living.map(({ calls }) => calls.settledCalls))
    if (living.length > 0 && most < scenario.calls) return
    calm = true
    note('calm')
    init.onCalm()
    clock.schedule(progressMs, () => {
      if (over) return
      broken(
        new Violation('progress', `${progressMs} ms after the last fault: ${describeLiving()}`)
      )
    })
    becomeOver()
  }

  function becomeOver(): void {
    const honest = lives.filter(({ state, liar }) => state === 'alive' && !liar)
    const served = honest.every(
      (life) => life.calls.resolvedInCalm > 0 || hasBrokenWithLiar(life, lives)
    )
    if (!served) {
      if (honest.some(({ calls }) => calls.settledInCalm === 0)) return
      const hasState = scenario.state === undefined || !states.isStateLost()
      const isOwed = isProgressOwed(scenario, lives, decisions.latest(), (one) =>
        lastVotes.areUnclear(one, lives)
      )
      if (hasState && isOwed) return
      counters.add('scenarios: that owed no further round')
    } else {
      counters.add('scenarios: in which all who lived were served')
    }
    over = true
    note('over')
    if (!scenario.leaves) {
      ended.resolve()
      return
    }
    // who only thinks is not kept waiting for
    clock.schedule(leaveMs, () => {
      broken(new Violation('progress', `${leaveMs} ms after the end: ${describeLiving()}`))
    })
  }

  function describeLiving(): string {
    const lines = lives
      .filter((life) => life.state === 'alive')
      .map(({ peer, run, calls }) => {
        const { call, settledInCalm, resolvedInCalm } = calls
        const since = call === undefined ? 'idle' : `in a call since ${call.startMs.toFixed(1)} ms`
        const done = `${settledInCalm} settled, ${resolvedInCalm} resolved since`
        return `${peer} is ${since} (${done}): ${run?.explain().summary}`
      })
    return lines.join('; ')
  }

  return {
    get calm() {
      return calm
    },
    get over() {
      return over
    },
    ended: ended.promise,
    settled,
    describeLiving
  }
}
