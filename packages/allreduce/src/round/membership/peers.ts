import type { Clock, PeerId } from '@daa-compute/interface'
import type { Mesh } from '../../mesh/mesh.ts'
import type { Configuration } from '../consensus/configuration.ts'
import type { AskMessage, PositionMessage } from '../wire/messages.ts'

interface Down {
  readonly sinceMs: number
  readonly reason: string
  /** Whether it ended the link politely. */
  readonly left: boolean
}

/** Why a peer is suspected. */
export interface Suspicion {
  /** `silent` until it is heard again, `stalled` until the next attempt. */
  readonly kind: 'silent' | 'stalled'
  readonly reason: string
}

/** What is known of the other peers, from round to round. */
export class Peers {
  /** Peers that want a part in a round and are in no configuration. */
  readonly asks: Map<PeerId, AskMessage> = new Map()
  /** What peers have asked for that found that others bring something else. */
  readonly misfits: Map<PeerId, AskMessage> = new Map()
  /** Where each says that it is. */
  readonly positions: Map<PeerId, PositionMessage> = new Map()
  /** Peers that owe something and give no sign, or whose segments do not arrive. */
  readonly suspects: Map<PeerId, Suspicion> = new Map()
  /** Peers that are about to leave the run. */
  readonly leaving: Set<PeerId> = new Set()
  /** Peers whose caller wants no part in the round for now. */
  readonly withdrawn: Set<PeerId> = new Set()
  /** Why others will have nothing to do with this peer. */
  readonly refusals: Map<PeerId, string> = new Map()
  readonly #mesh: Mesh
  readonly #clock: Clock
  readonly #located = new Map<PeerId, number>()
  readonly #downs = new Map<PeerId, Down>()
  /** The configuration that this peer was in last. */
  #met: Pick<Configuration, 'lineage' | 'members'> | undefined

  constructor(mesh: Mesh, clock: Clock) {
    this.#mesh = mesh
    this.#clock = clock
  }

  /** Process life of a peer that has a link; `undefined` without one. */
  incarnationOf(peer: PeerId): string | undefined {
    return this.#mesh.get(peer)?.incarnation
  }

  /** When something last came from a peer, ms; `-Infinity` without a link. */
  lastHeardMs(peer: PeerId): number {
    return this.#mesh.get(peer)?.lastHeard ?? Number.NEGATIVE_INFINITY
  }

  /** A peer says where it is. */
  locate(peer: PeerId, position: PositionMessage): void {
    this.positions.set(peer, position)
    this.#located.set(peer, this.#clock.now())
  }

  /** How long ago a peer said where it is, ms. */
  ageOfPosition(peer: PeerId): number {
    return this.#clock.now() - (this.#located.get(peer) ?? Number.NEGATIVE_INFINITY)
  }

  /** Peers with a link at this moment: a list that stays as it is. */
  linked(): readonly PeerId[] {
    return this.#mesh.upPeers()
  }

  /** What it has said already stays: its side of the link may have come up first. */
  onUp(peer: PeerId): void {
    this.#downs.delete(peer)
  }

  onDown(peer: PeerId, reason: string): void {
    this.#downs.set(peer, {
      sinceMs: this.#clock.now(),
      reason,
      left: reason === 'it left' || this.leaving.has(peer)
    })
    this.#forget(peer)
  }

  /** How long a peer has had no link; counted from the first question, if there never was one. */
  downOf(peer: PeerId): Down {
    const known = this.#downs.get(peer)
    if (known !== undefined) return known
    const down = { sinceMs: this.#clock.now(), reason: 'it cannot be reached', left: false }
    this.#downs.set(peer, down)
    return down
  }

  /** Sees to it that a link counts as missing for no longer than from now on. */
  startOver(peer: PeerId): void {
    if (this.incarnationOf(peer) === undefined && this.#downs.get(peer)?.left !== true) {
      this.#downs.delete(peer)
    }
  }

  /** Something has come from a peer. @returns whether it was suspected of being silent */
  onHeard(peer: PeerId): boolean {
    return this.suspects.get(peer)?.kind === 'silent' && this.suspects.delete(peer)
  }

  /**
   * A configuration begins: its members have what they asked for, and what was held
   * against them in the one before is over.
   */
  meet({ lineage, members }: Pick<Configuration, 'lineage' | 'members'>, self: PeerId): void {
    const stay = lineage === this.#met?.lineage ? this.#met.members : []
    this.#met = { lineage, members }
    for (const { peer } of members) {
      // it has left for another configuration, or from one, and is let in again
      if (peer !== self && !stay.some((member) => member.peer === peer)) this.leaving.delete(peer)
      this.asks.delete(peer)
      if (this.suspects.get(peer)?.kind === 'stalled') this.suspects.delete(peer)
      if (peer !== self) this.startOver(peer)
    }
  }

  /** A peer asks no more; whoever differs from it has to learn why. */
  rememberMisfit(peer: PeerId, isMisfit: boolean): void {
    const ask = this.asks.get(peer)
    if (isMisfit && ask !== undefined) this.misfits.set(peer, ask)
  }

  #forget(peer: PeerId): void {
    this.asks.delete(peer)
    this.misfits.delete(peer)
    this.positions.delete(peer)
    this.#located.delete(peer)
    this.suspects.delete(peer)
    this.leaving.delete(peer)
    this.withdrawn.delete(peer)
  }
}
