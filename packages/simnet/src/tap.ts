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

export type FrameHandler = (event: FrameEvent) => void

/** Those who watch the frames of a simulation. */
export interface Taps {
  readonly active: boolean
  add(handler: FrameHandler): () => void
  emit(
    phase: FrameEvent['phase'],
    from: PeerId,
    to: PeerId,
    protocol: string,
    frame: Uint8Array
  ): void
}

export function createTaps(now: () => number): Taps {
  let handlers: readonly FrameHandler[] = []
  return {
    get active() {
      return handlers.length > 0
    },
    add(handler) {
      // one registration is one entry, also when a handler is given twice
      const entry: FrameHandler = (event) => handler(event)
      handlers = [...handlers, entry]
      return () => {
        handlers = handlers.filter((other) => other !== entry)
      }
    },
    emit(phase, from, to, protocol, frame) {
      const event = { timeMs: now(), from, to, protocol, frame, phase }
      for (const handler of handlers) handler(event)
    }
  }
}
