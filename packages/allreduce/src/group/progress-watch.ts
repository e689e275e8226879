import type { Clock, PeerId } from '@daa-compute/interface'
import type { Reduction } from '../executor/reduction.ts'
import type { Link } from '../mesh/link.ts'
import {
  MAX_QUIET_MS,
  MAX_SILENCE_MS,
  MIN_QUIET_MS,
  MIN_SILENCE_MS,
  QUIET_ROUND_TRIPS,
  SILENCE_ROUND_TRIPS,
  STANDSTILL_MS
} from './constants.ts'
import { aborted, GroupError, peerFailed } from './errors.ts'
import type { OperationState } from './messages.ts'

export interface ProgressWatchInit {
  readonly clock: Clock
  readonly self: PeerId
  readonly members: readonly PeerId[]
  readonly patienceMs: number
  readonly reduction: Reduction
  link(peer: PeerId): Link | undefined
  /** Asks a member how far it is. */
  ask(peer: PeerId): void
  fail(error: Error): void
}

/** Looks after an operation in which nothing moves. */
export interface ProgressWatch {
  /** A member has said how far it is. */
  onStatus(peer: PeerId, state: OperationState): void
  /** Whether the operation waits, in the end, for a member that has not called it. */
  readonly patient: boolean
  stop(): void
}

interface Question {
  readonly askedMs: number
  readonly answered: boolean
  /** What was answered last, perhaps to an earlier question. */
  readonly state: OperationState | undefined
}

/**
 * Suspects a member only for what it owes: while nothing moves, those that
 * something is waited for from are asked. Who is alive answers, whatever it
 * computes; who does not within a time that follows from the distance is at
 * fault. One that has not called the operation is waited for with patience, and
 * so is one that itself waits for such a one.
 */
export function watchProgress(init: ProgressWatchInit): ProgressWatch {
  const { clock, reduction, members, patienceMs, self } = init
  const began = clock.now()
  const questions = new Map<PeerId, Question>()
  let seen = reduction.segmentsDone
  /** Since when nothing moves, and since when that is nobody's being late. */
  let movedMs = began
  let busyMs = began
  let cancel = clock.schedule(MIN_QUIET_MS, look)

  function owing(): PeerId[] {
    const ranks = new Set([...reduction.awaited(), ...reduction.blocked()])
    return [...ranks].flatMap((rank) => members[rank] ?? [])
  }

  function look(): void {
    const now = clock.now()
    if (reduction.segmentsDone !== seen) {
      seen = reduction.segmentsDone
      movedMs = now
      busyMs = now
      questions.clear()
    } else {
      const error = judge(now)
      if (error !== undefined) return init.fail(error)
    }
    cancel = clock.schedule(MIN_QUIET_MS, look)
  }

  function judge(now: number): Error | undefined {
    const peers = owing()
    // who itself is patient loses patience by then, and says so
    if (isPatient() && now - began < patienceMs) busyMs = now
    for (const peer of peers) {
      const error = question(peer, now)
      if (error !== undefined) return error
    }
    const idle = peers.filter((peer) => questions.get(peer)?.state === 'idle')
    if (idle.length > 0 && now - began >= patienceMs) return notCalled(idle, patienceMs)
    if (now - busyMs < STANDSTILL_MS) return undefined
    const whom = peers.join(', ') || 'nobody'
    return aborted(self, `nothing moved for ${Math.round(now - movedMs)} ms, waiting for ${whom}`)
  }

  /** Asks a member how far it is, from time to time, and says if it does not answer. */
  function question(peer: PeerId, now: number): Error | undefined {
    const link = init.link(peer)
    const rttMs = link?.rttMs ?? 0
    const quietMs = within(MIN_QUIET_MS, QUIET_ROUND_TRIPS * rttMs, MAX_QUIET_MS)
    const last = questions.get(peer)
    if (
      last === undefined ? now - movedMs >= quietMs : last.answered && now - last.askedMs >= quietMs
    ) {
      questions.set(peer, { askedMs: now, answered: false, state: last?.state })
      init.ask(peer)
      return undefined
    }
    if (last === undefined || last.answered) return undefined
    const silentMs = now - Math.max(last.askedMs, link?.lastHeard ?? 0)
    const allowedMs = within(MIN_SILENCE_MS, SILENCE_ROUND_TRIPS * rttMs, MAX_SILENCE_MS)
    if (silentMs < allowedMs) return undefined
    return peerFailed(peer, self, `it says nothing for ${Math.round(silentMs)} ms`)
  }

  function isPatient(): boolean {
    const states = new Set(owing().map((peer) => questions.get(peer)?.state))
    return states.has('idle') || states.has('patient')
  }

  return {
    get patient() {
      return isPatient()
    },
    onStatus(peer, state) {
      const asked = questions.get(peer)
      if (asked !== undefined) questions.set(peer, { ...asked, answered: true, state })
    },
    stop: () => cancel()
  }
}

function within(min: number, value: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}

function notCalled(waiting: readonly PeerId[], patienceMs: number): GroupError<'NOT_CALLED'> {
  return new GroupError(
    'NOT_CALLED',
    `${waiting.join(', ')} did not call this operation for ${patienceMs} ms: every member has to call ` +
      'the same operations of a tag, or needs a larger patienceMs',
    { waiting, patienceMs }
  )
}
