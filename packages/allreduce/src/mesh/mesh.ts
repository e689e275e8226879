import {
  type AbortOptions,
  asError,
  type Channel,
  createDeadline,
  type Frame,
  type PeerId
} from '@daa-compute/interface'
import { HELLO_TIMEOUT_MS } from '../constants.ts'
import { Channels } from './channels.ts'
import { DEFAULT_TAG } from './constants.ts'
import { dataChannel, dialControl } from './dial.ts'
import { LinkTable } from './link-table.ts'
import type { Link } from './link.ts'
import type { MeshInit, MeshParts } from './mesh-init.ts'
import { createReconnector, type Reconnector } from './reconnector.ts'
import { serveControl, serveData } from './serve.ts'

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
  readonly #links: LinkTable
  readonly #parts: MeshParts
  /** Peers in the directory: worth trying again when their link breaks. */
  readonly #listed = new Set<PeerId>()
  readonly #reconnector: Reconnector
  readonly #stopping = new AbortController()
  readonly #endings: (() => unknown)[] = []

  constructor(init: MeshInit) {
    this.#init = init
    const { clock, handlers, logger } = init
    this.#links = new LinkTable({
      clock,
      logger,
      onUp: (peer, incarnation) => handlers.onUp(peer, incarnation),
      onDown: (peer, reason) => handlers.onDown(peer, reason),
      onGone: (peer, final) => this.#onGone(peer, final)
    })
    const run = encodeURIComponent(init.greeting.runId)
    this.#parts = {
      init,
      links: this.#links,
      channels: new Channels(clock),
      controlProtocol: `/daa/allreduce/control/${run}`,
      dataProtocol: `/daa/allreduce/data/${run}`,
      deadline: (what) => createDeadline(clock, HELLO_TIMEOUT_MS, what, this.#stopping.signal)
    }
    this.#reconnector = createReconnector(clock, (peer) => dialControl(this.#parts, peer))
  }

  /** Begins to accept and to make links. */
  async start(): Promise<void> {
    const { directory } = this.#init
    const { controlProtocol, dataProtocol } = this.#parts
    await this.#accept(controlProtocol, (channel) =>
      serveControl(this.#parts, channel, () => this.#learn(channel.peer))
    )
    await this.#accept(dataProtocol, (channel) => serveData(this.#parts, channel))
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
    this.#links.clear()
    await Promise.all([...this.#endings.map((end) => end()), this.#parts.channels.end()])
  }

  /** Peers to which there is a link on which messages can be exchanged. */
  upPeers(): readonly PeerId[] {
    return this.#links.upPeers()
  }

  /** The link to a peer, if it is up. */
  get(peer: PeerId): Link | undefined {
    return this.#links.get(peer)
  }

  /** Peers known but not reached, and what the last try said. */
  unreachable(): ReadonlyMap<PeerId, string> {
    return this.#reconnector.failures
  }

  /** Sends a control message, in order, without waiting; nothing happens if there is no link. */
  send(peer: PeerId, message: Frame): void {
    this.get(peer)?.send(message)
  }

  /**
   * Sends a data frame; settles as `Channel.send`. Each tag has a channel of its
   * own, so that one never waits behind another.
   */
  async sendData(
    peer: PeerId,
    frame: Frame,
    tag: number = DEFAULT_TAG,
    options?: AbortOptions
  ): Promise<void> {
    const link = this.get(peer)
    if (link === undefined) throw new Error(`there is no link to ${peer}`)
    const channel = await dataChannel(this.#parts, link, tag)
    await channel.send(frame, options)
  }

  /** Ends the link with a peer that broke the protocol, and lets this process life of it in no more. */
  drop(peer: PeerId, reason: string): void {
    this.#links.drop(peer, reason)
  }

  /** Gives up a link that is of no use any more; another one will be tried. */
  disconnect(peer: PeerId, reason: string): void {
    const link = this.#links.any(peer)
    if (link !== undefined) this.#links.lose(link, new Error(reason))
  }

  #list(peer: PeerId): void {
    if (peer === this.#init.connector.self) return
    this.#listed.add(peer)
    if (this.#links.any(peer) !== undefined || !this.#links.isBanned(peer)) this.#learn(peer)
  }

  #unlist(peer: PeerId): void {
    this.#listed.delete(peer)
    this.#reconnector.forget(peer)
  }

  /** There is such a peer, and at this moment it seems to be there: sees to it that there is a link. */
  #learn(peer: PeerId): void {
    if (this.#links.any(peer)?.outbound === undefined) this.#reconnector.hurry(peer)
  }

  /** Who is gone for good leaves the directory; who lives comes back by itself. */
  #onGone(peer: PeerId, final: boolean): void {
    if (final) this.#reconnector.forget(peer)
    else if (this.#listed.has(peer)) this.#reconnector.want(peer)
  }

  async #accept(protocol: string, serve: (channel: Channel) => Promise<void>): Promise<void> {
    const end = await this.#init.connector.accept(protocol, (channel) => {
      this.#parts.channels.add(channel)
      serve(channel).catch((error: unknown) => {
        this.#init.logger?.debug('a channel ended', { peer: channel.peer, reason: String(error) })
        channel.abort(asError(error))
      })
    })
    this.#endings.push(end)
  }
}
