import { StreamCloseEvent } from '@libp2p/interface'
import type { MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Stands for a connection of WebRTC-direct from the first packet of its remote on:
 * libp2p hears of it only when DTLS and Noise are through with it. It has as much
 * of a connection as a guard needs, and is one with the real one when that is there.
 */
export class EarlyConnection extends EventTarget {
  readonly remoteAddr: Multiaddr
  readonly timeline: MultiaddrConnection['timeline'] = { open: Date.now() }
  readonly #giveUp = new AbortController()
  #status: MultiaddrConnection['status'] = 'open'
  #real: MultiaddrConnection | undefined

  constructor(remoteAddr: Multiaddr) {
    super()
    this.remoteAddr = remoteAddr
  }

  /** Aborted when this end gives it up before it is real. */
  get signal(): AbortSignal {
    return this.#giveUp.signal
  }

  get status(): MultiaddrConnection['status'] {
    return this.#real?.status ?? this.#status
  }

  abort(error: Error): void {
    if (this.#real !== undefined) {
      this.#real.abort(error)
      return
    }
    this.#giveUp.abort(error)
    this.#end('aborted', new StreamCloseEvent(true, error))
  }

  /** Came to nothing. */
  fail(error: Error): void {
    if (this.#real === undefined) this.#end('reset', new StreamCloseEvent(false, error))
  }

  /** It is known by the same timeline from now on, and ends with the real one. */
  become(real: MultiaddrConnection): void {
    this.#real = real
    real.timeline = this.timeline
    real.addEventListener('close', ({ local, error }) =>
      this.dispatchEvent(new StreamCloseEvent(local, error))
    )
  }

  #end(status: MultiaddrConnection['status'], event: StreamCloseEvent): void {
    if (this.#status !== 'open') return
    this.#status = status
    this.dispatchEvent(event)
  }
}
