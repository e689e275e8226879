import {
  type AbortOptions,
  type AcceptHandler,
  type Channel,
  asError,
  createDeadline,
  type PeerId
} from '@daa-compute/interface'
import { ConnectorError } from '../errors.ts'
import { systemClock } from '../system-clock.ts'
import { systemRandom } from '../system-random.ts'
import { Acceptor } from './acceptor.ts'
import type { AdmittingConnector, AdmittingConnectorInit } from './admitting-connector.ts'
import { ANSWER_TIMEOUT_MS } from './constants.ts'
import { type Desk, turnAway } from './introduction.ts'
import { encodeReply } from './messages.ts'
import { createAdmissionMetrics } from './metrics.ts'
import { decideAhead, introduce } from './opener.ts'
import { notAdmitted, refusal, RefusedError } from './refusal.ts'
import { Sessions } from './sessions.ts'

/** See {@link AdmittingConnector}. */
export class RunConnector implements AdmittingConnector {
  readonly self: PeerId
  readonly #init: AdmittingConnectorInit
  readonly #desk: Desk
  readonly #acceptor: Acceptor
  readonly #stopping = new AbortController()
  readonly #accepting = new Set<() => Promise<void>>()
  readonly #unwatch: (() => void) | undefined
  #stopped: Promise<void> | undefined

  constructor(init: AdmittingConnectorInit) {
    const { connector, run, admission, clock = systemClock, random = systemRandom } = init
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
    const { connector } = this.#init
    const { clock } = this.#desk
    const signal = options?.signal
    signal?.throwIfAborted()
    let channel: Channel | undefined
    try {
      await this.#decideAhead(peer, signal)
      channel = await connector.open(peer, protocol, options)
      using deadline = createDeadline(clock, ANSWER_TIMEOUT_MS, 'an introduction', signal)
      const onStop = (): void => deadline.abort(stopped())
      this.#stopping.signal.addEventListener('abort', onStop)
      if (this.#stopping.signal.aborted) onStop()
      try {
        return await introduce(this.#desk, channel, deadline.signal)
      } finally {
        this.#stopping.signal.removeEventListener('abort', onStop)
      }
    } catch (cause) {
      if (signal?.aborted === true) {
        channel?.abort(asError(signal.reason))
        throw signal.reason
      }
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
    if (this.#stopped !== undefined) {
      await stop()
      throw stopped()
    }
    return stop
  }

  roleOf(peer: PeerId): string | undefined {
    return this.#desk.sessions.roleOf(peer)
  }

  async introduceAgain(protocol: string, options?: AbortOptions): Promise<void> {
    this.#checkRunning()
    const { sessions } = this.#desk
    const again = async (peer: PeerId): Promise<void> => {
      // who is known shows nothing
      sessions.confirm(peer, false)
      try {
        const channel = await this.open(peer, protocol, options)
        await channel.close(options)
      } catch (error) {
        options?.signal?.throwIfAborted()
        this.#init.logger?.debug('a peer was not shown the new credential', { peer, error })
      }
    }
    await Promise.all(sessions.peers().map(again))
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

  async #decideAhead(peer: PeerId, signal: AbortSignal | undefined): Promise<void> {
    using deadline = createDeadline(this.#desk.clock, ANSWER_TIMEOUT_MS, 'a decision', signal)
    try {
      await decideAhead(this.#desk, peer, deadline.signal)
    } catch (error) {
      if (!deadline.hasPassed) throw error
      throw new RefusedError(
        refusal('TIMEOUT', 'it was not decided in time whether it may come in')
      )
    }
  }

  async #serve(channel: Channel, handler: AcceptHandler): Promise<void> {
    try {
      this.#checkRunning()
      if (await this.#acceptor.serve(channel)) handler(channel)
    } catch (error) {
      channel.abort(asError(error))
    }
  }

  /** What a caller gets to see, and the end of the channel. */
  #failed(peer: PeerId, channel: Channel | undefined, cause: unknown): unknown {
    const { run, logger } = this.#init
    const { clock } = this.#desk
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
