import type {
  Broadcast,
  BroadcastMessage,
  Clock,
  DirectoryEvent,
  Logger,
  Metrics,
  PeerDirectory,
  PeerId,
  PeerRecord,
  Random
} from '@daa-compute/interface'
import {
  DEFAULT_MAX_PEERS,
  LEAVE_TIMEOUT_MS,
  MALFORMED_REPORTS_PER_SECOND,
  MALFORMED_REPORT_BURST,
  MAX_ADDRESSES
} from '../constants.ts'
import { DiscoveryError } from '../errors.ts'
import { createDirectoryMetrics, type DirectoryMetrics } from '../metrics.ts'
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
  isAddress
} from './announcement.ts'
import type { CapabilityFilter } from './capability-filter.ts'
import { createPace, type Pace } from './pace.ts'
import { createPeerTable, type PeerTable } from './peer-table.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'
import { runTopic } from './topic.ts'

/** What a {@link RunDirectory} is made of. */
export interface RunDirectoryInit {
  /** Name of the run, 1 to 256 bytes of UTF-8. */
  readonly runId: string
  /**
   * What to announce of this peer; asked before each announcement, so addresses
   * may change. Of more than 16 addresses the first 16 are announced.
   */
  readonly self: () => PeerRecord
  /**
   * Names this life of the directory; greater than those of all lives the peer
   * had before in this run, at most 2^53 - 1. Announcements of an earlier life
   * are ignored, so that nobody can bring them back. {@link wallClockIncarnation}
   * makes such numbers.
   */
  readonly incarnation: number
  readonly broadcast: Broadcast
  readonly clock: Clock
  readonly random: Random
  /** Which peers to show. Default: all. */
  readonly filter?: CapabilityFilter | undefined
  /** Peers to keep at most; newcomers beyond are ignored. Default 4096. */
  readonly maxPeers?: number | undefined
  readonly metrics?: Metrics | undefined
  readonly logger?: Logger | undefined
}

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
  readonly #self: PeerId
  readonly #topic: string
  readonly #table: PeerTable
  readonly #pace: Pace
  readonly #metrics: DirectoryMetrics
  readonly #malformedReports: TokenBucket
  readonly #watchers = new Set<(event: DirectoryEvent) => void>()
  readonly #unsubscribe: () => void
  readonly #unwatchSubscribers: () => void
  #sequence = 0
  #announceAt = Number.POSITIVE_INFINITY
  #cancelAnnouncement: (() => void) | undefined
  #newsPending = false
  #expireAt = Number.POSITIVE_INFINITY
  #cancelExpiry: (() => void) | undefined
  #over = false
  #stopped: Promise<void> | undefined

  constructor(init: RunDirectoryInit) {
    this.#init = init
    this.#topic = runTopic(init.runId)
    this.#table = createPeerTable(init.maxPeers ?? DEFAULT_MAX_PEERS, init.filter ?? (() => true))
    this.#pace = createPace(init.random)
    this.#metrics = createDirectoryMetrics(init.metrics)
    this.#malformedReports = createTokenBucket(
      MALFORMED_REPORT_BURST,
      MALFORMED_REPORTS_PER_SECOND,
      init.clock.now()
    )
    const self = this.#describeSelf()
    this.#self = self.peer
    this.#encode(self, 0)
    this.#unsubscribe = init.broadcast.subscribe(this.#topic, (message) => this.#receive(message))
    this.#unwatchSubscribers = init.broadcast.onSubscriber(this.#topic, () => this.#answerSoon())
    this.#announceNoLaterThan(init.clock.now())
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
    await this.#publish(this.#describeSelf())
  }

  stop(): Promise<void> {
    this.#over = true
    // a turn later, since leaving calls what may call this
    this.#stopped ??= Promise.resolve().then(() => this.#leave())
    return this.#stopped
  }

  async #leave(): Promise<void> {
    this.#cancelAnnouncement?.()
    this.#cancelExpiry?.()
    this.#unwatchSubscribers()
    this.#unsubscribe()
    this.#watchers.clear()

    const { clock } = this.#init
    const patience = new AbortController()
    let cancelTimeout = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      cancelTimeout = clock.schedule(LEAVE_TIMEOUT_MS, () => {
        patience.abort()
        resolve()
      })
    })
    const leave = this.#publish(undefined, patience.signal).catch((error: unknown) => {
      this.#init.logger?.debug('could not say good-bye to the run', { topic: this.#topic, error })
    })
    await Promise.race([leave, timeout])
    cancelTimeout()
  }

  /** Announces at `at`, unless it is going to be sooner anyway. */
  #announceNoLaterThan(at: number): void {
    if (this.#announceAt <= at) return
    this.#cancelAnnouncement?.()
    this.#announceAt = at
    const { clock, logger } = this.#init
    this.#cancelAnnouncement = clock.schedule(at - clock.now(), () => {
      this.#announceAt = Number.POSITIVE_INFINITY
      this.#newsPending = false
      this.announce().catch((error: unknown) => {
        logger?.warn('could not announce this peer; will try again', { topic: this.#topic, error })
      })
      this.#announceNoLaterThan(this.#pace.afterAnnouncement(clock.now(), this.#table.size))
    })
  }

  /** Somebody is there who may not know this peer. */
  #answerSoon(): void {
    // one answer serves all who come before it is given
    if (this.#newsPending || this.#over) return
    this.#newsPending = true
    this.#announceNoLaterThan(this.#pace.afterNews(this.#init.clock.now(), this.#table.size))
  }

  #describeSelf(): PeerRecord {
    const self = this.#init.self()
    return { ...self, addresses: self.addresses.filter(isAddress).slice(0, MAX_ADDRESSES) }
  }

  async #publish(description: PeerRecord | undefined, signal?: AbortSignal): Promise<void> {
    try {
      const bytes = this.#encode(description, this.#sequence++)
      await this.#init.broadcast.publish(this.#topic, bytes, { signal })
      this.#metrics.announced('sent')
    } catch (error) {
      this.#metrics.announced('failed')
      throw error
    }
  }

  #encode(description: PeerRecord | undefined, sequence: number): Uint8Array {
    const { runId, incarnation } = this.#init
    const ttlMs = this.#pace.ttlMs(this.#table.size)
    return encodeAnnouncement({ runId, incarnation, sequence, ttlMs, description })
  }

  #receive(message: BroadcastMessage): void {
    if (this.#over || message.topic !== this.#topic) return
    const { clock, logger, runId } = this.#init
    if (message.from === this.#self) return this.#receiveOwn(message)

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

  #expireNoLaterThan(at: number): void {
    // a watcher of the event before may have stopped this
    if (this.#expireAt <= at || this.#over) return
    this.#cancelExpiry?.()
    this.#expireAt = at
    const { clock } = this.#init
    this.#cancelExpiry = clock.schedule(at - clock.now(), () => {
      this.#expireAt = Number.POSITIVE_INFINITY
      for (const event of this.#table.expire(clock.now())) this.#emit(event)
      const next = this.#table.nextExpiry()
      if (next !== undefined) this.#expireNoLaterThan(next)
    })
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
