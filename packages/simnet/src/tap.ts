import type { PeerId } from '@daa-compute/interface'

/** A frame at one of the two borders it crosses. */
export interface FrameEvent {
  /** Virtual time, in ms. */
  readonly timeMs: number
  readonly from: PeerId
  readonly to: PeerId
  readonly protocol: string
  /** What the sender has sent, or what has arrived; valid during the call, not to be changed. */
  readonly frame: Uint8Array
  /** `sent`: about to leave the sender. `received`: about to reach the code of the receiver. */
  readonly phase: 'sent' | 'received'
}

/** Called synchronously; see `Simnet.onFrame`. */
export type FrameHandler = (event: FrameEvent) => void

/** Those who watch the frames of a simulation. */
export class Taps {
  /** Whether there is any. */
  active = false
  readonly #now: () => number
  #handlers: readonly FrameHandler[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  add(handler: FrameHandler): () => void {
    // one registration is one entry, also when a handler is given twice
    const entry: FrameHandler = (event) => handler(event)
    this.#set([...this.#handlers, entry])
    return () => this.#set(this.#handlers.filter((other) => other !== entry))
  }

  emit(
    phase: FrameEvent['phase'],
    from: PeerId,
    to: PeerId,
    protocol: string,
    frame: Uint8Array
  ): void {
    const event = { timeMs: this.#now(), from, to, protocol, frame, phase }
    for (const handler of this.#handlers) handler(event)
  }

  #set(handlers: readonly FrameHandler[]): void {
    this.#handlers = handlers
    this.active = handlers.length > 0
  }
}
