import type {
  AbortOptions,
  AcceptHandler,
  Admission,
  Channel,
  Clock,
  Connector,
  Logger,
  Metrics,
  PeerId,
  Random
} from '@daa-compute/interface'
import { ConnectorError } from '../errors.ts'
import { Acceptor } from './acceptor.ts'
import { ADMISSION_TIMEOUT_MS, MAX_RUN_ID_LENGTH } from './constants.ts'
import { createDeadline } from './deadline.ts'
import { type Desk, turnAway } from './introduction.ts'
import { encodeReply } from './messages.ts'
import { createAdmissionMetrics } from './metrics.ts'
import { decideAhead, introduce } from './opener.ts'
import { notAdmitted, refusal, RefusedError } from './refusal.ts'
import { Sessions } from './sessions.ts'

/** What an {@link AdmittingConnector} is made of. */
export interface AdmittingConnectorInit {
  /** Carries the channels; it stays the caller's to stop. */
  readonly connector: Connector
  /** Name of the run, 1 to 256 bytes of UTF-8. */
  readonly run: string
  readonly admission: Admission
  readonly clock: Clock
  /** Draws the challenges, so it has to be cryptographic in production. */
  readonly random: Random
  readonly metrics?: Metrics | undefined
  readonly logger?: Logger | undefined
}

/** A connector whose channels lead to peers that are in a run, and to no others. */
export interface AdmittingConnector extends Connector {
  /** The role a peer was let in with, while it is in. */
  roleOf(peer: PeerId): string | undefined

  /**
   * Opens and accepts no more, ends the introductions that are under way and aborts
   * the channels that are open. The connector below runs on. Idempotent.
   */
  stop(): Promise<void>
}

/**
 * Checks admission on every channel of a connector, at both ends, before anything
 * else is sent on it.
 *
 * The opener says who it is and what it asks, the other end answers, and no frame of
 * the caller's reaches the other's before both are satisfied. That takes a round trip
 * for the first channel of two peers, if credentials are asked for, and none for
 * further ones while one is open. Where nothing has to be waited for, `open` resolves
 * before the other end's verdict is here; a channel that is then refused fails with
 * `NOT_ADMITTED`.
 *
 * A peer is in as long as its admission lasts. Once that has expired or is revoked,
 * its channels are aborted.
 *
 * Both ends have to wrap their connectors for the same run.
 *
 * @throws {RangeError} for a run id that is empty or too long
 */
export function createAdmittingConnector(init: AdmittingConnectorInit): AdmittingConnector {
  const length = new TextEncoder().encode(init.run).length
  if (length === 0 || length > MAX_RUN_ID_LENGTH) {
    throw new RangeError(`a run id has 1 to ${MAX_RUN_ID_LENGTH} bytes, this one ${length}`)
  }
  return new RunConnector(init)
}

class RunConnector implements AdmittingConnector {
  readonly self: PeerId
  readonly #init: AdmittingConnectorInit
  readonly #desk: Desk
  readonly #acceptor: Acceptor
  readonly #stopping = new AbortController()
  readonly #accepting = new Set<() => Promise<void>>()
  readonly #unwatch: (() => void) | undefined
  #stopped: Promise<void> | undefined

  constructor(init: AdmittingConnectorInit) {
    const { connector, run, admission, clock, random } = init
    this.#init = init
    this.self = connector.self
    this.#desk = {
      run,
      self: this.self,
      admission,
      sessions: new Sessions(run, this.self, clock, (peer, code) => {
        this.#desk.metrics.expelled(code)
        init.logger?.warn('a peer is in the run no more', { peer, code })
      }),
      clock,
      random,
      metrics: createAdmissionMetrics(init.metrics)
    }
    this.#acceptor = new Acceptor(this.#desk)
    this.#unwatch = admission.onRevoked?.((peer) => {
      const reason = refusal('REVOKED', "the run's owner has revoked its membership")
      if (peer === undefined) this.#desk.sessions.endAll(reason)
      else this.#desk.sessions.end(peer, reason)
    })
  }

  async open(peer: PeerId, protocol: string, options?: AbortOptions): Promise<Channel> {
    this.#checkRunning()
    const { connector, clock } = this.#init
    const signal = options?.signal
    signal?.throwIfAborted()
    let channel: Channel | undefined
    try {
      const decision = await decideAhead(this.#desk, peer, signal)
      channel = await connector.open(peer, protocol, options)
      using deadline = createDeadline(clock, ADMISSION_TIMEOUT_MS, signal)
      const onStop = (): void => deadline.abort(stopped())
      this.#stopping.signal.addEventListener('abort', onStop)
      if (this.#stopping.signal.aborted) onStop()
      try {
        return await introduce(this.#desk, channel, decision, deadline.signal)
      } finally {
        this.#stopping.signal.removeEventListener('abort', onStop)
      }
    } catch (cause) {
      signal?.throwIfAborted()
      throw this.#failed(peer, channel, cause)
    }
  }

  async accept(protocol: string, handler: AcceptHandler): Promise<() => Promise<void>> {
    this.#checkRunning()
    let accepting = true
    const end = await this.#init.connector.accept(protocol, (channel) => {
      void this.#serve(channel, (served) => {
        if (accepting) handler(served)
        else served.abort(stopped())
      })
    })
    const stop = async (): Promise<void> => {
      accepting = false
      this.#accepting.delete(stop)
      await end()
    }
    this.#accepting.add(stop)
    return stop
  }

  roleOf(peer: PeerId): string | undefined {
    return this.#desk.sessions.roleOf(peer)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#unwatch?.()
    this.#stopping.abort(stopped())
    this.#acceptor.stop(stopped())
    this.#desk.sessions.abort(stopped())
    await Promise.all([...this.#accepting].map((end) => end()))
  }

  async #serve(channel: Channel, handler: AcceptHandler): Promise<void> {
    try {
      if (await this.#acceptor.serve(channel)) handler(channel)
    } catch (error) {
      channel.abort(asError(error))
    }
  }

  /** What a caller gets to see, and the end of the channel. */
  #failed(peer: PeerId, channel: Channel | undefined, cause: unknown): unknown {
    const { run, clock, logger } = this.#init
    if (cause instanceof RefusedError) {
      const { refusal: refused } = cause
      this.#desk.metrics.refused(refused.code)
      logger?.debug('a peer is not let in', { peer, ...refused })
      if (channel !== undefined) {
        void turnAway(clock, channel, encodeReply({ type: 'refused', refusal: refused }))
      }
      return notAdmitted(run, peer, this.self, refused)
    }
    channel?.abort(asError(cause))
    // what the connector below says is as good as what could be said here
    if (channel === undefined || cause instanceof ConnectorError) return cause
    return new ConnectorError(
      'UNREACHABLE',
      `${peer} was reached, but has not introduced itself; check that it runs, and the same version`,
      { peer },
      { cause }
    )
  }

  #checkRunning(): void {
    if (this.#stopped !== undefined) throw stopped()
  }
}

function stopped(): ConnectorError<'STOPPED'> {
  return new ConnectorError('STOPPED', 'the run was left: join it again', {})
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError(String(error))
}
