import type { Clock, PeerId } from '@daa-compute/interface'
import {
  BEAT_INTERVAL_MS,
  FIRST_BEAT_MS,
  MAX_SUSPECT_AFTER_MS,
  STALL_AFTER_MS,
  SUSPECT_AFTER_MS
} from '../../constants.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import type { LiveAttempt } from '../attempt/live-attempt.ts'
import type { EnterMessage } from '../wire/messages.ts'
import type { Peers } from '../membership/peers.ts'

export interface WatchInit {
  readonly clock: Clock
  readonly mesh: Mesh
  readonly peers: Peers
  /** Longest silence that is borne from everybody, ms; `undefined`: adapted to each. */
  readonly suspectAfterMs: number | undefined
  /** The attempt this peer is in. */
  attempt(): LiveAttempt | undefined
  /** Whether values are exchanged with a peer in it. */
  needs(peer: PeerId): boolean
  /** Nothing has moved for long, and nobody in particular is to blame. */
  stalled(attempt: LiveAttempt, reason: string): void
  /** Tells the members that wait for this one how it is getting on. */
  beat(attempt: LiveAttempt): void
  /** Suspicions may have changed. */
  changed(): void
}

/** How often a peer is heard. */
interface Pulse {
  /** Longest time between two signs of life lately, ms. */
  longestMs: number
  lastMs: number
}

/** Segments that a peer has offered and this one has not seen. */
interface Gap {
  readonly taken: number
  readonly sinceMs: number
}

/**
 * Sees to it that nobody waits for ever within an attempt, and only there: gives
 * signs of life, and suspects who has joined the attempt and gives none, or whose
 * segments do not arrive. Between rounds nobody is watched: a peer may compute for
 * as long as it likes. Rounds that are over before the first beat cost nothing.
 *
 * Deadlines adapt to each peer's own rhythm, and this peer's own freezes are not
 * held against the others: after one, everybody's silence counts from its end.
 */
export class Watch {
  readonly #init: WatchInit
  readonly #pulses = new Map<PeerId, Pulse>()
  readonly #gaps = new Map<PeerId, Gap>()
  #cancel: (() => void) | undefined
  #sinceMs = 0
  #lastTickMs = 0
  #watched: LiveAttempt | undefined
  #done = -1
  #doneSinceMs = 0

  constructor(init: WatchInit) {
    this.#init = init
  }

  /** ms between signs of life: who is suspected soon has to give them more often. */
  get intervalMs(): number {
    const { suspectAfterMs = SUSPECT_AFTER_MS } = this.#init
    return Math.min(BEAT_INTERVAL_MS, suspectAfterMs / 4)
  }

  /** An attempt begins. */
  start(): void {
    const now = this.#init.clock.now()
    this.#sinceMs = now
    this.#lastTickMs = now
    this.#done = -1
    this.#gaps.clear()
    this.#pulses.clear()
    this.#watched = this.#init.attempt()
    this.#cancel ??= this.#init.clock.schedule(FIRST_BEAT_MS, () => this.#tick())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#watched = undefined
  }

  /** ms of silence after which a peer is suspected. */
  deadlineOf(peer: PeerId): number {
    const { suspectAfterMs } = this.#init
    if (suspectAfterMs !== undefined) return suspectAfterMs
    const longest = this.#pulses.get(peer)?.longestMs ?? 0
    return Math.min(MAX_SUSPECT_AFTER_MS, Math.max(SUSPECT_AFTER_MS, 4 * longest))
  }

  /** A member says how it is getting on. */
  onBeat(peer: PeerId, rank: number, beat: EnterMessage): void {
    const now = this.#init.clock.now()
    const pulse = this.#pulses.get(peer)
    if (pulse === undefined) this.#pulses.set(peer, { longestMs: 0, lastMs: now })
    else {
      pulse.longestMs = Math.max(pulse.longestMs * 0.9, now - pulse.lastMs)
      pulse.lastMs = now
    }
    const taken = this.#watched?.progress.taken.get(rank) ?? 0
    const gap = this.#gaps.get(peer)
    if (beat.offered <= taken) this.#gaps.delete(peer)
    else if (gap?.taken !== taken) this.#gaps.set(peer, { taken, sinceMs: now })
  }

  #tick(): void {
    const { clock, attempt, beat, changed } = this.#init
    this.#cancel = undefined
    const current = attempt()
    if (current === undefined) return
    const now = clock.now()
    if (now - this.#lastTickMs > 3 * this.intervalMs) {
      this.#sinceMs = now
      this.#gaps.clear()
      this.#doneSinceMs = now
    }
    this.#lastTickMs = now
    this.#cancel = clock.schedule(this.intervalMs, () => this.#tick())
    beat(current)
    this.#suspect(current, now)
    this.#checkProgress(current, now)
    changed()
  }

  #suspect({ slot, progress }: LiveAttempt, now: number): void {
    const { mesh, peers, needs } = this.#init
    // a segment of it proves that a member has joined, though no sign of life has come yet
    for (const rank of progress.taken.keys()) slot.entered.add(rank)
    for (const [rank, { peer }] of slot.config.members.entries()) {
      const link = mesh.get(peer)
      // others' silence is for those to see who wait for them
      if (link === undefined || !slot.entered.has(rank) || !needs(peer)) continue
      const silence = now - Math.max(link.lastHeard, this.#sinceMs)
      const gap = this.#gaps.get(peer)
      if (silence > this.deadlineOf(peer)) {
        const reason = `it has been silent for ${Math.round(silence)} ms`
        peers.suspects.set(peer, { kind: 'silent', reason })
      } else if (
        gap !== undefined &&
        progress.awaited.includes(rank) &&
        now - gap.sinceMs > STALL_AFTER_MS
      ) {
        const stalled = Math.round(now - gap.sinceMs)
        const reason = `what it sends has not arrived for ${stalled} ms`
        // what else it sends does not arrive either: it is not the link's fault alone
        const kind = silence > STALL_AFTER_MS / 2 ? 'silent' : 'stalled'
        peers.suspects.set(peer, { kind, reason })
        // something may lie in the way that belongs to no attempt: other channels may do
        mesh.disconnect(peer, reason)
      } else if (silence < this.deadlineOf(peer) / 2) peers.onHeard(peer)
    }
  }

  /** Whatever holds an attempt up that everybody has joined: it is tried again. */
  #checkProgress(attempt: LiveAttempt, now: number): void {
    const { slot, progress } = attempt
    const isWaiting = slot.entered.size < slot.config.members.length
    if (isWaiting || progress.done !== this.#done) {
      this.#done = progress.done
      this.#doneSinceMs = now
    } else if (now - this.#doneSinceMs > 3 * STALL_AFTER_MS) {
      const stalled = Math.round(now - this.#doneSinceMs)
      this.#init.stalled(attempt, `nothing has moved for ${stalled} ms`)
    }
  }
}
