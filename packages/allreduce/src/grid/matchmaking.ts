import {
  asError,
  type Channel,
  type Clock,
  type Connector,
  createDeadline,
  type Logger,
  type PeerDirectory,
  type PeerId,
  type Random
} from '@daa-compute/interface'
import { matchmakersOf } from './cells.ts'
import { MATCHMAKER_GRACE_MS, MATCHMAKERS, PROBE_ANSWERS, PROBES } from './constants.ts'
import type { Matchmaker } from './matchmaker.ts'
import {
  type AnswerMessage,
  decodeAnswer,
  decodeSeek,
  encodeAnswer,
  encodeSeek,
  NO_CELL,
  type SeekMessage
} from './messages.ts'

export interface MatchmakingInit {
  readonly run: string
  readonly connector: Connector
  readonly directory: PeerDirectory
  readonly clock: Clock
  readonly random: Random
  readonly gatherMs: number
  /** This peer's own. */
  readonly matchmaker: Matchmaker
  readonly logger?: Logger | undefined
}

/** Asks other peers' matchmakers, and lets others ask this one's. */
export class Matchmaking {
  readonly #init: MatchmakingInit
  readonly #protocol: string
  readonly #stopping = new AbortController()
  #endAccepting: (() => Promise<void>) | undefined

  constructor(init: MatchmakingInit) {
    this.#init = init
    this.#protocol = `/daa/grid/1/${encodeURIComponent(init.run)}`
  }

  async start(): Promise<void> {
    const { connector, logger } = this.#init
    this.#endAccepting = await connector.accept(this.#protocol, (channel) => {
      this.#serve(channel).catch((error: unknown) => {
        logger?.debug('a peer asked in vain', { peer: channel.peer, reason: String(error) })
        channel.abort(asError(error))
      })
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the grid was left'))
    this.#init.matchmaker.stop()
    await this.#endAccepting?.()
  }

  /**
   * Whom to average with.
   *
   * @throws the signal's reason, or why the last of the matchmakers did not answer
   */
  async seek(message: SeekMessage, signal: AbortSignal | undefined): Promise<AnswerMessage> {
    const { connector, directory, logger } = this.#init
    const peers = [connector.self, ...[...directory.peers()].map(({ peer }) => peer)]
    let reason: unknown = new Error('there is nobody to ask')
    for (const peer of matchmakersOf(message.step, message.cell, new Set(peers), MATCHMAKERS)) {
      try {
        const isSelf = peer === connector.self
        const answer = await (isSelf
          ? this.#askSelf(message, signal)
          : this.#ask(peer, message, signal))
        if (answer.type === 'match' || !answer.isBusy) return answer
        reason = new Error(`${peer} brings too many cells together already`)
      } catch (error) {
        signal?.throwIfAborted()
        logger?.debug('a matchmaker does not answer', { peer, reason: String(error) })
        reason = error
      }
    }
    throw asError(reason)
  }

  /** Learns from some of the others how far they are: this peer may have been away. */
  async catchUp(signal: AbortSignal | undefined): Promise<void> {
    const { connector, directory, random, matchmaker } = this.#init
    const peers = [...directory.peers()].map(({ peer }) => peer)
    const asked: PeerId[] = []
    for (let i = 0; i < PROBES && peers.length > 0; i++) {
      const [peer] = peers.splice(Math.floor(random.next() * peers.length), 1)
      if (peer !== undefined && peer !== connector.self) asked.push(peer)
    }
    let answers = 0
    const enough = Promise.withResolvers<void>()
    const message = { step: 0, cell: NO_CELL, groupSize: 2 }
    const all = asked.map(async (peer) => {
      const answer = await this.#ask(peer, message, signal, MATCHMAKER_GRACE_MS)
      matchmaker.note(answer)
      if (++answers >= PROBE_ANSWERS) enough.resolve()
    })
    await Promise.race([enough.promise, Promise.allSettled(all)])
    signal?.throwIfAborted()
  }

  async #askSelf(message: SeekMessage, signal: AbortSignal | undefined): Promise<AnswerMessage> {
    const { connector, matchmaker } = this.#init
    const { promise, resolve, reject } = Promise.withResolvers<AnswerMessage>()
    const withdraw = matchmaker.enlist(connector.self, message, resolve)
    const giveUp = (): void => {
      withdraw()
      reject(asError(signal?.reason ?? this.#stopping.signal.reason))
    }
    signal?.addEventListener('abort', giveUp)
    this.#stopping.signal.addEventListener('abort', giveUp)
    if (signal?.aborted === true || this.#stopping.signal.aborted) giveUp()
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', giveUp)
      this.#stopping.signal.removeEventListener('abort', giveUp)
    }
  }

  async #ask(
    peer: PeerId,
    message: SeekMessage,
    parent: AbortSignal | undefined,
    limitMs: number = this.#init.gatherMs + MATCHMAKER_GRACE_MS
  ): Promise<AnswerMessage> {
    const { connector, clock } = this.#init
    using deadline = createDeadline(clock, limitMs, `an answer of ${peer}`, parent)
    const { signal } = deadline
    const channel = await connector.open(peer, this.#protocol, { signal })
    try {
      await channel.send(encodeSeek(message), { signal })
      const frame = await channel.receive({ signal })
      if (frame === undefined) throw new Error(`${peer} has left the grid`)
      const answer = decodeAnswer(frame, connector.self)
      void channel.close().catch(() => undefined)
      return answer
    } catch (error) {
      // the other end takes this one out of its cell
      channel.abort(asError(error))
      throw error
    }
  }

  async #serve(channel: Channel): Promise<void> {
    const { clock, gatherMs, matchmaker } = this.#init
    using deadline = createDeadline(
      clock,
      2 * (gatherMs + MATCHMAKER_GRACE_MS),
      'asking for a group',
      this.#stopping.signal
    )
    const { signal } = deadline
    const frame = await channel.receive({ signal })
    if (frame === undefined) return
    const answered = Promise.withResolvers<AnswerMessage | undefined>()
    const withdraw = matchmaker.enlist(channel.peer, decodeSeek(frame), answered.resolve)
    const giveUp = (): void => answered.resolve(undefined)
    signal.addEventListener('abort', giveUp)
    void channel.closed.then(giveUp)
    const answer = await answered.promise
    signal.removeEventListener('abort', giveUp)
    withdraw()
    if (answer === undefined) throw asError(signal.reason ?? new Error('it has gone'))
    await channel.send(encodeAnswer(answer), { signal })
    await channel.close({ signal })
  }
}
