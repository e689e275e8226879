import type { Frame, PeerId } from '@daa-compute/interface'
import type { Endpoint } from './endpoint.ts'
import { chargeOf, copyFrame, type Message } from './message.ts'
import { CONTROL } from './path.ts'
import { Pending } from './pending.ts'

/** A frame that its owner lends until it is let in. */
class Send extends Pending<void> {
  readonly frame: Frame
  /** Bytes it stands for. */
  readonly length: number
  /** What was copied of it, once the taps have seen it. */
  bytes: Uint8Array | undefined = undefined

  constructor(sinceMs: number, frame: Frame, length: number) {
    super(sinceMs)
    this.frame = frame
    this.length = length
  }
}

/**
 * What one end of a channel sends.
 *
 * It counts the bytes it has sent and not seen taken; from a full window on its sends wait. A frame
 * is copied when its send is let in, a microtask after the call at the earliest: who writes into
 * the memory before the promise has settled sends what it wrote.
 */
export class Outbox {
  /** No message of this end arrives at the other before this, in ms. */
  lastArrivalMs = 0

  readonly #endpoint: Endpoint
  readonly #sends: Send[] = []
  /** Bytes sent and not yet known to be taken. */
  #inFlight = 0
  #pumping = false
  readonly #pumpNow = (): void => {
    this.#pumping = false
    const { host, over, world } = this.#endpoint
    if (!host.alive || over) return
    try {
      host.whenAwake(Outbox.#pump, this, undefined)
    } catch (error) {
      // a tap or a tamperer has thrown
      world.scheduler.fail(error)
    }
  }

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** What has waited longest to be let in. */
  get first(): Pending<void> | undefined {
    return this.#sends[0]
  }

  /** Takes a frame that stands for `length` bytes. */
  add(frame: Frame, length: number, signal: AbortSignal | undefined): Promise<void> {
    // the list is the caller's to reuse; only what it lists is borrowed
    const parts = frame instanceof Uint8Array ? frame : frame.slice()
    const send = new Send(this.#endpoint.world.scheduler.now(), parts, length)
    send.heed(signal, () => {
      this.#sends.splice(this.#sends.indexOf(send), 1)
      this.pumpSoon()
    })
    this.#sends.push(send)
    this.pumpSoon()
    return send.promise
  }

  /** Lets in what the window has room for, once the code that is running now has ended. */
  pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    void SETTLED.then(this.#pumpNow)
  }

  /** The other end has taken so many bytes. */
  credit(bytes: number): void {
    this.#inFlight -= bytes
    this.pumpSoon()
  }

  /** @param makeError called only if a send waits: an error costs more than a frame */
  rejectAll(makeError: (peer: PeerId) => Error): void {
    if (this.#sends.length === 0) return
    const error = makeError(this.#endpoint.peer)
    for (const send of this.#sends.splice(0)) send.reject(error)
  }

  /** Forgets what waits; its promises never settle. */
  drop(): void {
    for (const send of this.#sends.splice(0)) send.drop()
  }

  static #pump(outbox: Outbox): void {
    const endpoint = outbox.#endpoint
    if (endpoint.over) return
    const { windowLength } = endpoint.world.options
    const sends = outbox.#sends
    while (sends.length > 0 && outbox.#inFlight < windowLength) {
      const send = sends[0]!
      if (!outbox.#letIn(send)) return
      send.resolve()
    }
    if (sends.length === 0) endpoint.sentAll()
  }

  /** Sends a frame; `false` when a tap has stopped the sender at this very point. */
  #letIn(send: Send): boolean {
    const endpoint = this.#endpoint
    const { world, host, peer, protocol } = endpoint
    let { bytes } = send
    if (bytes === undefined) {
      bytes = copyFrame(send.frame)
      send.bytes = bytes
      if (world.taps.active) {
        world.taps.emit('sent', host.id, peer, protocol, bytes)
        if (!host.alive || endpoint.over) return false
        // given up by its owner meanwhile
        if (this.#sends[0] !== send) return true
        if (host.frozen) {
          this.pumpSoon()
          return false
        }
      }
    }
    this.#sends.shift()
    const forged = world.tampering.active
      ? world.tampering.apply(host.id, peer, protocol, bytes)
      : undefined
    if (forged === undefined) {
      this.#transmit({ bytes, length: send.length })
    } else {
      world.recorder.note('tamper', host.id, peer, protocol, forged.length)
      for (const copy of forged) this.#transmit({ bytes: copy, length: copy.length })
    }
    return true
  }

  #transmit(message: Message): void {
    const endpoint = this.#endpoint
    const charge = chargeOf(message)
    this.#inFlight += charge
    endpoint.note('send', message.bytes, message.length)
    endpoint.carry(charge, this, deliver, message)
  }

  /** Says goodbye after everything that was sent. */
  sendClose(): void {
    this.#endpoint.carry(CONTROL, this, (remote) => remote.onClose(), undefined)
  }
}

function deliver(remote: Endpoint, message: Message): void {
  remote.inbox.onFrame(message)
}

const SETTLED = Promise.resolve()
