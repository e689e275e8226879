import type { Channel, Clock, Logger, PeerId } from '@daa-compute/interface'
import { CLOSE_TIMEOUT_MS } from '../constants.ts'
import { Link } from './link.ts'

export interface LinkTableInit {
  readonly clock: Clock
  readonly logger?: Logger | undefined
  /** Messages can go both ways from now on. */
  onUp(peer: PeerId, incarnation: string): void
  /** They can no more. */
  onDown(peer: PeerId, reason: string): void
  /** A link is gone; `final` when there is no point in making it again. */
  onGone(peer: PeerId, final: boolean): void
}

/** The links to the other peers, at most one to each, and who may have none. */
export class LinkTable {
  readonly #init: LinkTableInit
  readonly #links = new Map<PeerId, Link>()
  readonly #banned = new Map<PeerId, string>()
  /** Asked for far more often than it changes; `undefined` when it has. */
  #up: readonly Link[] | undefined
  #upPeers: readonly PeerId[] | undefined

  readonly #onUnsent = (link: Link, error: Error): void => {
    if (!isGoodbye(error)) this.lose(link, error)
    else if (this.isCurrent(link)) {
      // what the peer said before may still be unread: its last decision, say
      link.cancelFarewell ??= this.#init.clock.schedule(CLOSE_TIMEOUT_MS, () =>
        this.lose(link, error)
      )
    }
  }

  constructor(init: LinkTableInit) {
    this.#init = init
  }

  /** The link to a peer, whether it is up or being made. */
  any(peer: PeerId): Link | undefined {
    return this.#links.get(peer)
  }

  /** The link to a peer, if it is up. */
  get(peer: PeerId): Link | undefined {
    const link = this.#links.get(peer)
    return link?.up === true ? link : undefined
  }

  /** The links on which messages can be exchanged at this moment: a list that stays as it is. */
  up(): readonly Link[] {
    this.#up ??= [...this.#links.values()].filter(({ up }) => up)
    return this.#up
  }

  /** Whom they lead to, in the same order. */
  upPeers(): readonly PeerId[] {
    this.#upPeers ??= this.up().map(({ peer }) => peer)
    return this.#upPeers
  }

  /** The link to one process life of a peer, new if need be; that to an earlier one is lost. */
  take(peer: PeerId, incarnation: string): Link {
    const existing = this.#links.get(peer)
    if (existing?.incarnation === incarnation) return existing
    if (existing !== undefined) this.lose(existing, new Error('it was restarted'))
    const link = new Link(peer, incarnation, this.#init.clock, this.#onUnsent)
    this.#links.set(peer, link)
    return link
  }

  isCurrent(link: Link): boolean {
    return this.#links.get(link.peer) === link
  }

  /** Reports a link of which both control channels stand by now. */
  raise(link: Link): void {
    const { outbound, inbound } = link
    if (link.up || outbound === undefined || inbound === undefined || !this.isCurrent(link)) return
    link.up = true
    this.#forgetUp()
    this.#init.onUp(link.peer, link.incarnation)
  }

  /** Has a channel that fails take its link with it. */
  watch(link: Link, channel: Channel): void {
    void channel.closed.then((error) => {
      if (error !== undefined) this.lose(link, error)
    })
  }

  /** A link is gone. @param error why, unless it ended politely */
  lose(link: Link, error: Error | undefined): void {
    if (!this.isCurrent(link)) return
    this.#remove(link, error === undefined ? 'it left' : error.message)
    if (error === undefined) void link.close()
    else link.abort(error)
    this.#init.onGone(link.peer, error === undefined)
  }

  /** Ends the link with a peer that broke the protocol, and lets this process life of it in no more. */
  drop(peer: PeerId, reason: string): void {
    const link = this.#links.get(peer)
    if (link === undefined) return
    this.#init.logger?.warn('dropped a peer', { peer, reason })
    this.#banned.set(peer, link.incarnation)
    this.#remove(link, reason)
    void link.refuse(reason)
    this.#init.onGone(peer, true)
  }

  /** Whether this process life of a peer was dropped; without one, whether any was. */
  isBanned(peer: PeerId, incarnation?: string): boolean {
    const banned = this.#banned.get(peer)
    return banned !== undefined && (incarnation === undefined || banned === incarnation)
  }

  /** Another process life of a peer has come. */
  pardon(peer: PeerId): void {
    this.#banned.delete(peer)
  }

  /** Forgets every link, without a word. */
  clear(): void {
    for (const link of this.#links.values()) link.cancelFarewell?.()
    this.#links.clear()
    this.#forgetUp()
  }

  #remove(link: Link, reason: string): void {
    this.#links.delete(link.peer)
    link.cancelFarewell?.()
    if (!link.up) return
    link.up = false
    this.#forgetUp()
    this.#init.onDown(link.peer, reason)
  }

  #forgetUp(): void {
    this.#up = undefined
    this.#upPeers = undefined
  }
}

/** Whether a channel takes nothing more because the other side has closed it, as who leaves does. */
function isGoodbye(error: Error): boolean {
  return 'code' in error && error.code === 'CLOSED'
}
