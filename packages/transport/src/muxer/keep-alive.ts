import { MuxerError } from './errors.ts'

/** Options of {@link KeepAlive}. */
export interface KeepAliveInit {
  readonly intervalMs: number
  /** Sends a ping with this number. */
  ping(number: number): void
}

/** Pings a connection, so that nothing on its way forgets it, and measures how long they take. */
export class KeepAlive {
  readonly #ping: (number: number) => void
  readonly #timer: ReturnType<typeof setInterval>
  #next = 0
  #sent: { readonly number: number; readonly at: number } | undefined
  #roundTripTime: number | undefined

  constructor({ intervalMs, ping }: KeepAliveInit) {
    this.#ping = ping
    this.#timer = setInterval(() => this.#send(), intervalMs)
    queueMicrotask(() => this.#send())
  }

  /** Of the last ping that was answered, in ms. */
  get roundTripTime(): number | undefined {
    return this.#roundTripTime
  }

  /** @throws MuxerError `BAD_PING` */
  onAnswer(number: number): void {
    if (this.#sent?.number !== number) {
      throw new MuxerError(
        'BAD_PING',
        `an answer came to ping ${number}, which was not sent; the remote is faulty`,
        { ping: number }
      )
    }
    this.#roundTripTime = performance.now() - this.#sent.at
    this.#sent = undefined
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #send(): void {
    // who does not answer one need not be asked again
    if (this.#sent !== undefined) return
    this.#sent = { number: this.#next++ >>> 0, at: performance.now() }
    this.#ping(this.#sent.number)
  }
}
