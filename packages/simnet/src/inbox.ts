import { POISON } from './constants.ts'
import type { Endpoint } from './endpoint.ts'
import { chargeOf, type Message } from './message.ts'
import { CONTROL } from './path.ts'
import { Pending } from './pending.ts'

/**
 * What one end of a channel receives.
 *
 * What it took goes back to the sender's window in halves of one. A frame is overwritten when it
 * expires.
 */
export class Inbox {
  readonly #endpoint: Endpoint
  readonly #messages: Message[] = []
  /** What the owner may look at until its next call. */
  #current: Uint8Array | undefined
  /** Bytes taken and not yet returned to the sender's window. */
  #taken = 0
  #receive: Pending<Uint8Array | undefined> | undefined

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  get empty(): boolean {
    return this.#messages.length === 0
  }

  /** The call of `receive` that waits. */
  get waiting(): Pending<Uint8Array | undefined> | undefined {
    return this.#receive
  }

  receive(signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const { host, world } = this.#endpoint
    const message = this.#messages[0]
    if (message !== undefined && !host.frozen) {
      this.#messages.shift()
      return Promise.resolve(this.#take(message))
    }
    const pending = new Pending<Uint8Array | undefined>(world.scheduler.now())
    pending.heed(signal, () => {
      this.#receive = undefined
    })
    this.#receive = pending
    if (message !== undefined) host.whenAwake(Inbox.#serve, this, undefined)
    return pending.promise
  }

  onFrame(message: Message): void {
    const endpoint = this.#endpoint
    const { taps } = endpoint.world
    if (!endpoint.reading) return this.#release(chargeOf(message))
    if (taps.active) {
      const { host, peer, protocol } = endpoint
      taps.emit('received', peer, host.id, protocol, message.bytes)
      if (!host.alive) return
      if (host.frozen) return host.takeBack(Inbox.#accept, this, message)
    }
    Inbox.#accept(this, message)
  }

  /** Takes back the memory of the frame the owner was given last. */
  expire(): void {
    this.#current?.fill(POISON)
    this.#current = undefined
  }

  /** Drops what has come and was not received, as if it had been. */
  discard(): void {
    let charge = 0
    for (const message of this.#messages.splice(0)) charge += chargeOf(message)
    this.#release(charge)
  }

  /** Ends the wait of `receive`, if there is one: with an error, or with the end. */
  finish(error: Error | undefined): void {
    const pending = this.#receive
    this.#receive = undefined
    if (error === undefined) pending?.resolve(undefined)
    else pending?.reject(error)
  }

  /** Forgets everything; promises never settle. */
  drop(): void {
    this.#receive?.drop()
    this.#receive = undefined
    this.clear()
  }

  clear(): void {
    this.#messages.length = 0
  }

  static #accept(inbox: Inbox, message: Message): void {
    const endpoint = inbox.#endpoint
    // it may have ended while its owner was frozen
    if (!endpoint.reading) return inbox.#release(chargeOf(message))
    endpoint.note('deliver', undefined, message.length)
    if (message.bytes.length > endpoint.maxFrameLength) return endpoint.onOversized(message)
    inbox.#messages.push(message)
    Inbox.#serve(inbox)
  }

  /** Gives the next frame to the call that waits for it. */
  static #serve(inbox: Inbox): void {
    const waiting = inbox.#receive
    if (waiting === undefined) return
    const message = inbox.#messages.shift()
    if (message === undefined) return
    inbox.#receive = undefined
    waiting.resolve(inbox.#take(message))
  }

  /** Hands a frame to the owner. */
  #take(message: Message): Uint8Array {
    this.#current = message.bytes
    this.#release(chargeOf(message))
    if (this.#messages.length === 0) this.#endpoint.receivedAll()
    return message.bytes
  }

  /** Returns bytes to the sender's window, many at a time. */
  #release(charge: number): void {
    this.#taken += charge
    if (this.#taken * 2 < this.#endpoint.world.options.windowLength) return
    const taken = this.#taken
    this.#taken = 0
    this.#endpoint.host.whenAwake(Inbox.#return, this, taken)
  }

  static #return(inbox: Inbox, taken: number): void {
    inbox.#endpoint.carry(CONTROL, undefined, credit, taken)
  }
}

function credit(remote: Endpoint, bytes: number): void {
  remote.outbox.credit(bytes)
}
