import type { PeerId } from '@daa-compute/interface'
import { RefusalError } from './errors.ts'

/** How many channels each peer has opened, of all protocols, and that are open. */
export class ChannelCounts {
  readonly #limit: number
  readonly #open = new Map<PeerId, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts one more. @returns why that is one too many, if it is */
  add(peer: PeerId, protocol: string): RefusalError | undefined {
    const limit = this.#limit
    const open = this.#open.get(peer) ?? 0
    if (open < limit) {
      this.#open.set(peer, open + 1)
      return undefined
    }
    return new RefusalError(
      'TOO_MANY_CHANNELS',
      `${peer} has ${limit} channels open already; it should close some, or maxChannelsPerPeer be raised`,
      { peer, protocol, limit }
    )
  }

  /** One of those that were counted is over. */
  delete(peer: PeerId): void {
    const left = (this.#open.get(peer) ?? 1) - 1
    if (left === 0) this.#open.delete(peer)
    else this.#open.set(peer, left)
  }
}
