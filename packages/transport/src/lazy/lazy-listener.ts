import type { Listener, ListenerEvents } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { TypedEventEmitter } from 'main-event'

/** A listener that is made when it is to listen. */
export function createLazyListener(create: () => Promise<Listener>): Listener {
  return new LazyListener(create)
}

class LazyListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #create: () => Promise<Listener>
  #listener: Listener | undefined
  #asking = false

  constructor(create: () => Promise<Listener>) {
    super()
    this.#create = create
  }

  async listen(address: Multiaddr): Promise<void> {
    const listener = await this.#create()
    for (const type of ['listening', 'close'] as const) {
      listener.addEventListener(type, () => this.safeDispatchEvent(type))
    }
    listener.addEventListener('error', ({ detail }) => this.safeDispatchEvent('error', { detail }))
    this.#listener = listener
    try {
      await listener.listen(address)
    } catch (error) {
      // nothing is there to be closed, and WebRTC-direct's would fail at that as well
      this.#listener = undefined
      throw error
    }
  }

  /**
   * WebRTC's listener asks all listeners of the node for their addresses, but
   * others of its class: this one, which stands before it, has none to add then.
   */
  getAddrs(): Multiaddr[] {
    if (this.#asking) return []
    this.#asking = true
    try {
      return this.#listener?.getAddrs() ?? []
    } finally {
      this.#asking = false
    }
  }

  updateAnnounceAddrs(addresses: Multiaddr[]): void {
    this.#listener?.updateAnnounceAddrs(addresses)
  }

  async close(): Promise<void> {
    if (this.#listener === undefined) this.safeDispatchEvent('close')
    else await this.#listener.close()
  }
}
