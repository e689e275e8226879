import type {
  BroadcastMessage,
  DirectoryEvent,
  PeerDirectory,
  PeerRecord
} from '@daa-compute/interface'
import {
  DEFAULT_MAX_PEERS,
  MALFORMED_REPORTS_PER_SECOND,
  MALFORMED_REPORT_BURST
} from '../constants.ts'
import { DiscoveryError } from '../errors.ts'
import { createDirectoryMetrics, type DirectoryMetrics } from '../metrics.ts'
import { Alarm } from './alarm.ts'
import { type Announcement, decodeAnnouncement } from './announcement.ts'
import { Announcer } from './announcer.ts'
import { createPeerTable, type PeerTable } from './peer-table.ts'
import type { RunDirectoryInit } from './run-directory-init.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'
import { runTopic } from './topic.ts'

/** A {@link PeerDirectory} that peers of one run keep for each other. */
export interface RunDirectory extends PeerDirectory {
  /**
   * Announces this peer now, for example because its addresses have changed.
   * Everything else announces itself: the start, newcomers, the passing of time.
   *
   * @throws {DiscoveryError} `BAD_RECORD`, `STOPPED`; or what the broadcast rejects with
   */
  announce(): Promise<void>

  /**
   * Says good-bye, so that the others need not wait for the last announcement
   * to expire, and releases everything. It never rejects. Idempotent.
   */
  stop(): Promise<void>
}

/**
 * Keeps track of the peers of a run by what they announce on the run's topic.
 *
 * Works over any {@link Broadcast}, in real or virtual time. The first
 * announcement is made one tick after the call.
 *
 * @throws {DiscoveryError} `BAD_RUN_ID`, or `BAD_RECORD` when what `self` says
 * now cannot be announced; or what the broadcast throws when it cannot subscribe
 */
export function createRunDirectory(init: RunDirectoryInit): RunDirectory {
  return new AnnouncedRunDirectory(init)
}

class AnnouncedRunDirectory implements RunDirectory {
  readonly #init: RunDirectoryInit
  readonly #topic: string
  readonly #table: PeerTable
  readonly #metrics: DirectoryMetrics
  readonly #announcer: Announcer
  readonly #expiry: Alarm
  readonly #malformedReports: TokenBucket
  readonly #watchers = new Set<(event: DirectoryEvent) => void>()
  readonly #unsubscribe: () => void
  readonly #unwatchSubscribers: () => void
  #over = false
  #stopped: Promise<void> | undefined

  constructor(init: RunDirectoryInit) {
    const { runId, clock, broadcast, filter = () => true, maxPeers = DEFAULT_MAX_PEERS } = init
    this.#init = init
    this.#topic = runTopic(runId)
    this.#table = createPeerTable(maxPeers, filter)
    this.#metrics = createDirectoryMetrics(init.metrics)
    this.#announcer = new Announcer({
      ...init,
      topic: this.#topic,
      counters: this.#metrics,
      known: () => this.#table.size
    })
    this.#expiry = new Alarm(clock, () => this.#expire())
    this.#malformedReports = createTokenBucket(
      MALFORMED_REPORT_BURST,
      MALFORMED_REPORTS_PER_SECOND,
      clock.now()
    )
    this.#unsubscribe = broadcast.subscribe(this.#topic, (message) => this.#receive(message))
    this.#unwatchSubscribers = broadcast.onSubscriber(this.#topic, () => this.#answerSoon())
    this.#announcer.start()
  }

  peers(): Iterable<PeerRecord> {
    return [...this.#table.records()]
  }

  watch(handler: (event: DirectoryEvent) => void): () => void {
    // a function of its own, so that one handler can be watching twice
    const watcher = (event: DirectoryEvent): void => handler(event)
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  async announce(): Promise<void> {
    if (this.#over) {
      throw new DiscoveryError(
        'STOPPED',
        `the directory of run ${this.#init.runId} was stopped: create another one to take part again`,
        { runId: this.#init.runId }
      )
    }
    await this.#announcer.announce()
  }

  stop(): Promise<void> {
    this.#over = true
    // a turn later, since leaving calls what may call this
    this.#stopped ??= Promise.resolve().then(() => this.#leave())
    return this.#stopped
  }

  async #leave(): Promise<void> {
    this.#expiry.stop()
    this.#unwatchSubscribers()
    this.#unsubscribe()
    this.#watchers.clear()
    await this.#announcer.leave()
  }

  #answerSoon(): void {
    if (!this.#over) this.#announcer.answerSoon()
  }

  #receive(message: BroadcastMessage): void {
    if (this.#over || message.topic !== this.#topic) return
    const { clock, logger, runId } = this.#init
    if (message.from === this.#announcer.self) return this.#receiveOwn(message)

    let announcement: Announcement
    try {
      announcement = decodeAnnouncement(message.data, runId)
    } catch (error) {
      this.#metrics.received('malformed')
      if (this.#malformedReports.take(clock.now())) {
        logger?.warn('ignored a malformed announcement', { from: message.from, error })
      }
      return
    }
    const { outcome, event, newcomer, expiresAt } = this.#table.accept(
      message.from,
      announcement,
      clock.now()
    )
    this.#metrics.received(outcome)
    if (outcome === 'full' || outcome === 'flood') {
      logger?.debug('ignored an announcement', { from: message.from, outcome })
    }
    if (event !== undefined) this.#emit(event)
    if (newcomer) this.#answerSoon()
    if (expiresAt !== undefined) this.#expireNoLaterThan(expiresAt)
  }

  /** A message under this peer's name: an echo, a replay, or a second process with its key. */
  #receiveOwn(message: BroadcastMessage): void {
    this.#metrics.received('own')
    try {
      const { incarnation } = decodeAnnouncement(message.data, this.#init.runId)
      if (incarnation <= this.#init.incarnation) return
    } catch {
      return
    }
    this.#init.logger?.warn(
      'another process announces itself under the identity of this peer: give each its own',
      { peer: message.from }
    )
  }

  #expire(): void {
    for (const event of this.#table.expire(this.#init.clock.now())) this.#emit(event)
    const next = this.#table.nextExpiry()
    if (next !== undefined) this.#expireNoLaterThan(next)
  }

  #expireNoLaterThan(at: number): void {
    // a watcher of the event before may have stopped this
    if (!this.#over) this.#expiry.noLaterThan(at)
  }

  #emit(event: DirectoryEvent): void {
    this.#metrics.peers(this.#table.size)
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(event)
      } catch (error) {
        this.#init.logger?.warn('a watcher of the peer directory threw', { event, error })
      }
    }
  }
}
