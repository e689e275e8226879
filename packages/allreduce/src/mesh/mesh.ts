import type {
  Channel,
  Clock,
  Connector,
  Frame,
  Logger,
  PeerDirectory,
  PeerId
} from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import { HELLO_TIMEOUT_MS } from '../constants.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { decodeAnswer, encodeAnswer, encodeGreeting, type Greeting } from './greeting.ts'
import { awaitGreeting, greet, RefusedError } from './handshake.ts'
import { Link } from './link.ts'
import { createReconnector, type Reconnector } from './reconnector.ts'

/** What happens between this peer and the others of a run. */
export interface MeshHandlers {
  /** Messages can go both ways from now on. */
  onUp(peer: PeerId, incarnation: string): void
  /** They can no more. */
  onDown(peer: PeerId, reason: string): void
  /** The peer will have nothing to do with this one. */
  onRefused(peer: PeerId, reason: string): void
  /** A control message; throws when it is malformed, which costs the peer its link. */
  onControl(peer: PeerId, message: Uint8Array): void
  /** A data frame; rejects or throws when it is malformed. The next waits for the promise. */
  onData(peer: PeerId, frame: Uint8Array): Promise<void> | undefined
}

export interface MeshInit {
  readonly connector: Connector
  readonly directory: PeerDirectory
  readonly clock: Clock
  readonly greeting: Greeting
  readonly handlers: MeshHandlers
  readonly logger?: Logger | undefined
}

/**
 * The links between this peer and every other one of a run: made as soon as the
 * directory or the other side names a peer, made again when they break, kept
 * between rounds.
 *
 * A peer that breaks the protocol is dropped, told why, and not let in again in
 * the same process life.
 */
export class Mesh {
  readonly #init: MeshInit
  readonly #self: PeerId
  readonly #links = new Map<PeerId, Link>()
  readonly #banned = new Map<PeerId, string>()
  /** Peers in the directory: worth trying again when their link breaks. */
  readonly #listed = new Set<PeerId>()
  readonly #reconnector: Reconnector
  readonly #stopping = new AbortController()
  readonly #endings: (() => unknown)[] = []
  readonly #controlProtocol: string
  readonly #dataProtocol: string

  constructor(init: MeshInit) {
    this.#init = init
    this.#self = init.connector.self
    const run = encodeURIComponent(init.greeting.runId)
    this.#controlProtocol = `/daa/allreduce/control/${run}`
    this.#dataProtocol = `/daa/allreduce/data/${run}`
    this.#reconnector = createReconnector(init.clock, (peer) => this.#connect(peer))
  }

  /** Begins to accept and to make links. */
  async start(): Promise<void> {
    const { directory } = this.#init
    await this.#accept(this.#controlProtocol, (channel) => this.#serveControl(channel))
    await this.#accept(this.#dataProtocol, (channel) => this.#serveData(channel))
    this.#endings.push(
      directory.watch((event) => {
        if (event.type === 'leave') this.#unlist(event.peer)
        else this.#list(event.record.peer)
      })
    )
    for (const { peer } of directory.peers()) this.#list(peer)
  }

  /** Ends every link politely. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort(new Error('the run was left'))
    this.#reconnector.stop()
    const links = [...this.#links.values()]
    this.#links.clear()
    await Promise.all([...this.#endings.map((end) => end()), ...links.map((link) => link.close())])
  }

  /** The links on which messages can be exchanged. */
  *up(): Generator<Link> {
    for (const link of this.#links.values()) if (link.up) yield link
  }

  /** The link to a peer, if it is up. */
  get(peer: PeerId): Link | undefined {
    const link = this.#links.get(peer)
    return link?.up === true ? link : undefined
  }

  /** Peers known but not reached, and what the last try said. */
  unreachable(): ReadonlyMap<PeerId, string> {
    return this.#reconnector.failures
  }

  #list(peer: PeerId): void {
    this.#listed.add(peer)
    this.#learn(peer)
  }

  #unlist(peer: PeerId): void {
    this.#listed.delete(peer)
    this.#reconnector.forget(peer)
  }

  /** There is such a peer: sees to it that there is a link. */
  #learn(peer: PeerId): void {
    const link = this.#links.get(peer)
    if (peer === this.#self || link?.outbound !== undefined) return
    if (link === undefined && this.#banned.has(peer)) return
    this.#reconnector.want(peer)
  }

  /** Sends a control message, in order, without waiting; nothing happens if there is no link. */
  send(peer: PeerId, message: Frame): void {
    const link = this.get(peer)
    link?.send(message, (error) => this.#lose(link, error))
  }

  /** Sends a data frame; settles as `Channel.send`. */
  async sendData(peer: PeerId, frame: Frame): Promise<void> {
    const link = this.get(peer)
    if (link === undefined) throw new Error(`there is no link to ${peer}`)
    link.outboundData ??= this.#openData(link)
    const channel = await link.outboundData
    await channel.send(frame)
  }

  /** Ends the link with a peer that broke the protocol, and lets this process life of it in no more. */
  drop(peer: PeerId, reason: string): void {
    const link = this.#links.get(peer)
    if (link === undefined) return
    this.#init.logger?.warn('dropped a peer', { peer, reason })
    this.#banned.set(peer, link.incarnation)
    this.#reconnector.forget(peer)
    this.#remove(link, reason)
    void link.refuse(reason)
  }

  /** Gives up a link that is of no use any more; another one will be tried. */
  disconnect(peer: PeerId, reason: string): void {
    const link = this.#links.get(peer)
    if (link !== undefined) this.#lose(link, new Error(reason))
  }

  async #accept(protocol: string, serve: (channel: Channel) => Promise<void>): Promise<void> {
    const end = await this.#init.connector.accept(protocol, (channel) => {
      serve(channel).catch((error: unknown) => {
        this.#init.logger?.debug('a channel ended', { peer: channel.peer, reason: String(error) })
        channel.abort(asError(error))
      })
    })
    this.#endings.push(end)
  }

  async #connect(peer: PeerId): Promise<void> {
    const { connector, greeting, handlers } = this.#init
    using deadline = this.#deadline(`greeting ${peer}`)
    const { signal } = deadline
    const channel = await connector.open(peer, this.#controlProtocol, { signal })
    try {
      const incarnation = await greet(channel, greeting, signal)
      if (this.#banned.get(peer) === incarnation) throw new Error(`${peer} was dropped meanwhile`)
      const link = this.#linkTo(peer, incarnation)
      link.outbound = channel
      this.#watch(link, channel)
      this.#listenForRefusal(link, channel)
      this.#raise(link)
    } catch (error) {
      if (error instanceof RefusedError) handlers.onRefused(peer, error.message)
      channel.abort(asError(error))
      throw error
    }
  }

  async #serveControl(channel: Channel): Promise<void> {
    const { clock, greeting, handlers } = this.#init
    const { peer } = channel
    const theirs = await this.#awaitGreeting(channel)
    const earlier = this.#links.get(peer)
    if (earlier?.inbound !== undefined) this.#lose(earlier, new Error('it connected anew'))
    this.#banned.delete(peer)
    const link = this.#linkTo(peer, theirs.incarnation)
    link.inbound = channel
    this.#watch(link, channel)
    await channel.send(encodeAnswer({ type: 'welcome', incarnation: greeting.incarnation }))
    this.#learn(peer)
    this.#raise(link)
    for (;;) {
      const message = await channel.receive()
      if (message === undefined) break
      link.lastHeard = clock.now()
      try {
        handlers.onControl(peer, message)
      } catch (error) {
        if (this.#links.get(peer) !== link) throw error
        this.drop(peer, `malformed control message: ${asError(error).message}`)
        return
      }
    }
    // only the end of what the peer had to say means that it left: a vote may
    // still have been on its way here when another channel ended
    this.#lose(link, undefined)
  }

  async #serveData(channel: Channel): Promise<void> {
    const { clock, handlers } = this.#init
    const { peer } = channel
    const theirs = await this.#awaitGreeting(channel)
    const link = this.get(peer)
    if (link?.incarnation !== theirs.incarnation || link.inboundData !== undefined) {
      throw new Error('a data channel has to follow a control channel, once')
    }
    link.inboundData = channel
    this.#watch(link, channel)
    for (;;) {
      const frame = await channel.receive()
      if (frame === undefined) return
      link.lastHeard = clock.now()
      try {
        const taken = handlers.onData(peer, frame)
        if (taken !== undefined) await taken
      } catch (error) {
        if (this.#links.get(peer) !== link) throw error
        this.drop(peer, asError(error).message)
        return
      }
    }
  }

  async #awaitGreeting(channel: Channel): Promise<Greeting> {
    using deadline = this.#deadline(`a greeting from ${channel.peer}`)
    return await awaitGreeting(
      channel,
      this.#init.greeting,
      ({ incarnation }) =>
        this.#banned.get(channel.peer) === incarnation
          ? 'it was dropped before for breaking the protocol; restart it to come back'
          : undefined,
      deadline.signal
    )
  }

  async #openData(link: Link): Promise<Channel> {
    const { connector, greeting } = this.#init
    using deadline = this.#deadline(`a data channel to ${link.peer}`)
    const { signal } = deadline
    const channel = await connector.open(link.peer, this.#dataProtocol, { signal })
    try {
      await channel.send(encodeGreeting(greeting), { signal })
    } catch (error) {
      channel.abort(asError(error))
      throw error
    }
    this.#watch(link, channel)
    return channel
  }

  #deadline(what: string): Deadline {
    return createDeadline(this.#init.clock, HELLO_TIMEOUT_MS, what, this.#stopping.signal)
  }

  #linkTo(peer: PeerId, incarnation: string): Link {
    const existing = this.#links.get(peer)
    if (existing?.incarnation === incarnation) return existing
    if (existing !== undefined) this.#lose(existing, new Error('it was restarted'))
    const link = new Link(peer, incarnation, this.#init.clock)
    this.#links.set(peer, link)
    return link
  }

  #raise(link: Link): void {
    const { outbound, inbound } = link
    if (link.up || outbound === undefined || inbound === undefined) return
    if (this.#links.get(link.peer) !== link) return
    link.up = true
    this.#init.handlers.onUp(link.peer, link.incarnation)
  }

  /** A channel that fails takes its link with it. */
  #watch(link: Link, channel: Channel): void {
    void channel.closed.then((error) => {
      if (error !== undefined) this.#lose(link, error)
    })
  }

  /** Nothing comes back on our own control channel, unless the peer drops us. */
  #listenForRefusal(link: Link, channel: Channel): void {
    const listen = async (): Promise<void> => {
      const frame = await channel.receive()
      if (frame === undefined) return
      const answer = decodeAnswer(frame)
      if (answer.type !== 'refused') return this.drop(link.peer, 'it answered twice')
      this.#init.handlers.onRefused(link.peer, answer.reason)
      this.#lose(link, new RefusedError(answer.reason))
    }
    listen().catch((error: unknown) => this.#lose(link, asError(error)))
  }

  /** A link is gone: reports it and, unless it ended politely, tries to make it again. */
  #lose(link: Link, error: Error | undefined): void {
    if (this.#links.get(link.peer) !== link) return
    this.#remove(link, error === undefined ? 'it left' : error.message)
    if (error === undefined) {
      this.#reconnector.forget(link.peer)
      void link.close()
    } else {
      link.abort(error)
      // who is gone for good leaves the directory; who lives comes back by itself
      if (this.#listed.has(link.peer)) this.#reconnector.want(link.peer)
    }
  }

  #remove(link: Link, reason: string): void {
    this.#links.delete(link.peer)
    if (!link.up) return
    link.up = false
    this.#init.handlers.onDown(link.peer, reason)
  }
}
