import {
  asError,
  type Channel,
  type Clock,
  createDeadline,
  type Frame,
  type PeerId
} from '@daa-compute/interface'
import { CLOSE_TIMEOUT_MS, MAX_PENDING_CONTROL } from '../constants.ts'
import { closeAll } from './channels.ts'
import { encodeAnswer } from './greeting.ts'

/**
 * What connects this peer with one process life of another. Each side opens the
 * channels that it sends on, so that it never matters who dialled first, and
 * control messages never wait behind segments.
 */
export class Link {
  readonly peer: PeerId
  readonly incarnation: string
  /** Opened here: control messages go out on it. */
  outbound: Channel | undefined
  /** Opened there: control messages come in on it. */
  inbound: Channel | undefined
  /** Opened here, by tag, when the first segment goes out on one. */
  readonly outboundData: Map<number, Promise<Channel>> = new Map()
  /** Opened there, by tag: segments come in on them. */
  readonly inboundData: Map<number, Channel> = new Map()
  /** ms that a greeting took to the peer and its answer back; 0 before there was one. */
  rttMs = 0
  /** Clock's reading when the last frame of the peer came in, ms. */
  lastHeard: number
  /** Whether both control channels stand and this was reported. */
  up = false
  /** Set once the peer takes nothing more: ends the wait for what it may have said before. */
  cancelFarewell: (() => void) | undefined
  readonly #clock: Clock
  readonly #failed: (link: Link, error: Error) => void
  #pending = 0
  // made once, not for every message
  readonly #onSent = (): void => void this.#pending--
  readonly #onUnsent = (error: unknown): void => {
    this.#pending--
    this.#failed(this, asError(error))
  }

  /** @param failed is called if a control message cannot be sent, or too many wait already */
  constructor(
    peer: PeerId,
    incarnation: string,
    clock: Clock,
    failed: (link: Link, error: Error) => void
  ) {
    this.peer = peer
    this.incarnation = incarnation
    this.#clock = clock
    this.#failed = failed
    this.lastHeard = clock.now()
  }

  /** Sends a control message, in order, without waiting. */
  send(message: Frame): void {
    const channel = this.outbound
    if (channel === undefined) return
    if (this.#pending >= MAX_PENDING_CONTROL) {
      this.#failed(this, new Error(`it leaves ${this.#pending} messages unread`))
      return
    }
    this.#pending++
    channel.send(message).then(this.#onSent, this.#onUnsent)
  }

  /** Says goodbye on every channel; what was sent is delivered if the peer takes it in time. */
  async close(): Promise<void> {
    await closeAll(await this.#all(), this.#clock)
  }

  /** Tells the peer why it is dropped, as far as it still listens, then ends everything. */
  async refuse(reason: string): Promise<void> {
    // whoever serves one of them stops doing so and forgets it meanwhile
    const channels = this.#all()
    using deadline = createDeadline(this.#clock, CLOSE_TIMEOUT_MS, 'telling a peer why')
    const { signal } = deadline
    const told = this.inbound?.send(encodeAnswer({ type: 'refused', reason }), { signal })
    await told?.catch(() => undefined)
    await closeAll(await channels, this.#clock)
  }

  /** Ends everything at once. */
  abort(error: Error): void {
    this.outbound?.abort(error)
    this.inbound?.abort(error)
    for (const channel of this.inboundData.values()) channel.abort(error)
    for (const opening of this.outboundData.values()) {
      opening.then(
        (channel) => channel.abort(error),
        () => undefined
      )
    }
  }

  /** Those of this moment, once those that are being opened are open. */
  async #all(): Promise<Channel[]> {
    const open = [this.outbound, this.inbound, ...this.inboundData.values()]
    const opening = [...this.outboundData.values()].map((data) => data.catch(() => undefined))
    const all = [...open, ...(await Promise.all(opening))]
    return all.filter((channel) => channel !== undefined)
  }
}
