import { start, stop, transportSymbol } from '@libp2p/interface'
import type {
  Connection,
  CreateListenerOptions,
  DialTransportOptions,
  Listener,
  Startable,
  Transport
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { hedgedDial, type HedgedDialOptions } from './hedged-dial.ts'
import { createLazyListener } from './lazy-listener.ts'

/** Options of {@link lazyTransport}. */
export interface LazyTransportInit<Components> {
  /** As libp2p's logs have it. */
  readonly name: string
  /** Whether the transport is the one for an address, to listen on or to dial. */
  matches(address: Multiaddr): boolean
  /** Loads the transport; called until it has resolved once. */
  load(): Promise<(components: Components) => Transport>
  /** Further attempts beside a dial that comes to nothing. Default: none */
  readonly hedge?: Pick<HedgedDialOptions, 'attempts' | 'delayMs'> | undefined
}

/**
 * A transport that is loaded when it is first dialled by or listened on.
 *
 * WebRTC brings a native addon along in Node: 19 MiB and a fifth of a second, and
 * on some platforms there is none. A node that never uses it pays nothing, and
 * needs none.
 */
export function lazyTransport<Components>(
  init: LazyTransportInit<Components>
): (components: Components) => Transport {
  return (components) => new LazyTransport(init, components)
}

class LazyTransport<Components> implements Transport, Startable {
  readonly [transportSymbol] = true
  readonly #init: LazyTransportInit<Components>
  readonly #components: Components
  #loading: Promise<Transport> | undefined

  constructor(init: LazyTransportInit<Components>, components: Components) {
    this.#init = init
    this.#components = components
  }

  get [Symbol.toStringTag](): string {
    return this.#init.name
  }

  start(): void {}

  async stop(): Promise<void> {
    const loading = this.#loading
    this.#loading = undefined
    // one that could not be loaded has told those who wanted it
    const transport = await loading?.catch(() => undefined)
    await stop(transport)
  }

  readonly listenFilter = (addresses: Multiaddr[]): Multiaddr[] =>
    addresses.filter((address) => this.#init.matches(address))

  readonly dialFilter = (addresses: Multiaddr[]): Multiaddr[] => this.listenFilter(addresses)

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const transport = await this.#transport()
    options.signal.throwIfAborted()
    const { hedge } = this.#init
    if (hedge === undefined) return transport.dial(address, options)
    const dial = (signal: AbortSignal): Promise<Connection> =>
      transport.dial(address, { ...options, signal })
    return hedgedDial(dial, { ...hedge, signal: options.signal })
  }

  createListener(options: CreateListenerOptions): Listener {
    return createLazyListener(async () => (await this.#transport()).createListener(options))
  }

  #transport(): Promise<Transport> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  async #load(): Promise<Transport> {
    const create = await this.#init.load()
    const transport = create(this.#components)
    await start(transport)
    return transport
  }
}
