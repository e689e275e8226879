import type { PeerId, PeerRecord } from '@daa-compute/interface'
import { LEAVE_TIMEOUT_MS, MAX_ADDRESSES } from '../constants.ts'
import type { DirectoryMetrics } from '../metrics.ts'
import { Alarm } from './alarm.ts'
import { encodeAnnouncement, isAddress } from './announcement.ts'
import { createPace, type Pace } from './pace.ts'
import type { RunDirectoryInit } from './run-directory-init.ts'

export interface AnnouncerInit extends RunDirectoryInit {
  readonly topic: string
  readonly counters: DirectoryMetrics
  /** Peers that are known, among which announcements are spread over time. */
  known(): number
}

/** Announces this peer to a run: at the start, to newcomers, and as time passes. */
export class Announcer {
  readonly self: PeerId
  readonly #init: AnnouncerInit
  readonly #pace: Pace
  readonly #alarm: Alarm
  #sequence = 0
  #newsPending = false

  /** @throws {DiscoveryError} `BAD_RECORD` when what `self` says now cannot be announced */
  constructor(init: AnnouncerInit) {
    this.#init = init
    this.#pace = createPace(init.random)
    this.#alarm = new Alarm(init.clock, () => this.#inTurn())
    const self = this.#describeSelf()
    this.self = self.peer
    this.#encode(self, 0)
  }

  /** From the next tick on. */
  start(): void {
    this.#alarm.noLaterThan(this.#init.clock.now())
  }

  /** @throws {DiscoveryError} `BAD_RECORD`; or what the broadcast rejects with */
  async announce(): Promise<void> {
    await this.#publish(this.#describeSelf())
  }

  /** Somebody is there who may not know this peer. */
  answerSoon(): void {
    // one answer serves all who come before it is given
    if (this.#newsPending) return
    this.#newsPending = true
    const { clock, known } = this.#init
    this.#alarm.noLaterThan(this.#pace.afterNews(clock.now(), known()))
  }

  /** Announces nothing more but a good-bye, for which it waits a while. It never rejects. */
  async leave(): Promise<void> {
    this.#alarm.stop()
    const { clock, logger, topic } = this.#init
    const patience = new AbortController()
    let cancelTimeout = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      cancelTimeout = clock.schedule(LEAVE_TIMEOUT_MS, () => {
        patience.abort()
        resolve()
      })
    })
    const leave = this.#publish(undefined, patience.signal).catch((error: unknown) => {
      logger?.debug('could not say good-bye to the run', { topic, error })
    })
    await Promise.race([leave, timeout])
    cancelTimeout()
  }

  #inTurn(): void {
    const { clock, logger, topic, known } = this.#init
    this.#newsPending = false
    this.announce().catch((error: unknown) => {
      logger?.warn('could not announce this peer; will try again', { topic, error })
    })
    this.#alarm.noLaterThan(this.#pace.afterAnnouncement(clock.now(), known()))
  }

  #describeSelf(): PeerRecord {
    const self = this.#init.self()
    return { ...self, addresses: self.addresses.filter(isAddress).slice(0, MAX_ADDRESSES) }
  }

  async #publish(description: PeerRecord | undefined, signal?: AbortSignal): Promise<void> {
    const { broadcast, topic, counters } = this.#init
    try {
      await broadcast.publish(topic, this.#encode(description, this.#sequence++), { signal })
      counters.announced('sent')
    } catch (error) {
      counters.announced('failed')
      throw error
    }
  }

  #encode(description: PeerRecord | undefined, sequence: number): Uint8Array {
    const { runId, incarnation, known } = this.#init
    const ttlMs = this.#pace.ttlMs(known())
    return encodeAnnouncement({ runId, incarnation, sequence, ttlMs, description })
  }
}
