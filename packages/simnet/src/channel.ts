import type { AbortOptions, Channel, Frame, PeerId } from '@daa-compute/interface'
import { FRAME_OVERHEAD, POISON } from './constants.ts'
import { SimChannelError, type SimWait } from './errors.ts'
import { never, type Host, type World } from './host.ts'
import type { Link } from './link.ts'
import { createPending, type Pending } from './pending.ts'
import type { TraceType } from './trace.ts'

export interface EndpointInit {
  readonly world: World
  readonly host: Host
  readonly peer: PeerId
  readonly protocol: string
  /** Number of the channel, for the trace. */
  readonly channel: number
}

interface PendingSend {
  readonly parts: readonly Uint8Array[]
  readonly length: number
  readonly pending: Pending<void>
}

/**
 * One end of a channel.
 *
 * The sender counts the bytes it has sent and not seen taken; from a full window on its sends
 * wait, and the receiver returns what it took in halves of a window. A frame is copied when its
 * send is let in, a microtask after the call at the earliest: who writes into the memory before the
 * promise has settled sends what it wrote. A received frame is overwritten when it expires.
 *
 * Methods that are not the contract's are the network's; users see a `Channel`.
 */
export class Endpoint implements Channel {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly closed: Promise<Error | undefined>

  readonly #init: EndpointInit
  readonly #link: Link
  readonly #resolveClosed: (error: Error | undefined) => void
  #remote: Endpoint | undefined

  /** No frame arrives at the other end before this: they keep their order. */
  #lastArrivalMs = 0
  /** The owner of the other end has it from here on; a reset cannot come before. */
  #remoteOpenMs = 0
  /** Bytes sent and not yet known to be taken. */
  #inFlight = 0
  readonly #sends: PendingSend[] = []
  #pumping = false

  readonly #frames: Uint8Array[] = []
  /** What the owner may look at until its next call. */
  #current: Uint8Array | undefined
  /** Bytes taken and not yet returned to the sender's window. */
  #taken = 0
  #receive: Pending<Uint8Array | undefined> | undefined

  /** Calls of `close` that wait; there is such a list from the first call on. */
  #closing: Pending<void>[] | undefined
  /** The other end has closed: what is in `#frames` is all there will be. */
  #remoteClosed = false
  #over = false
  /** Why it is over, unless somebody closed politely. */
  #failure: Error | undefined

  constructor(init: EndpointInit) {
    this.#init = init
    this.peer = init.peer
    this.maxFrameLength = init.world.maxFrameLength
    this.#link = init.world.links.between(init.host.id, init.peer)
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
    init.host.endpoints.add(this)
  }

  /** Joins two ends; the one that opened the channel learns of it at `openMs`. */
  static join(opener: Endpoint, acceptor: Endpoint, openMs: number): void {
    opener.#remote = acceptor
    acceptor.#remote = opener
    acceptor.#lastArrivalMs = openMs
    acceptor.#remoteOpenMs = openMs
  }

  get over(): boolean {
    return this.#over
  }

  send(frame: Frame, options: AbortOptions = {}): Promise<void> {
    const { signal } = options
    if (!this.#init.host.alive) return never()
    if (this.#over || this.#remoteClosed || this.#closing !== undefined) {
      return Promise.reject(this.#failure ?? this.#closedError())
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    // the list is the caller's to reuse; only what it lists is borrowed
    const parts = frame instanceof Uint8Array ? [frame] : [...frame]
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > this.maxFrameLength) return Promise.reject(this.#tooLargeError(length))

    const pending = createPending<void>(this.#now(), signal, () => {
      this.#sends.splice(this.#sends.indexOf(send), 1)
      this.#pumpSoon()
    })
    const send = { parts, length, pending }
    this.#sends.push(send)
    this.#pumpSoon()
    return pending.promise
  }

  receive(options: AbortOptions = {}): Promise<Uint8Array | undefined> {
    const { signal } = options
    if (!this.#init.host.alive) return never()
    this.#expire()
    if (this.#receive !== undefined) return Promise.reject(this.#concurrentError())
    if (this.#closing !== undefined || this.#failure !== undefined) {
      return Promise.reject(this.#failure ?? this.#closedError())
    }
    if (this.#over) return Promise.resolve(undefined)
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(this.#take(frame))

    this.#receive = createPending(this.#now(), signal, () => {
      this.#receive = undefined
    })
    return this.#receive.promise
  }

  close(options: AbortOptions = {}): Promise<void> {
    const { signal } = options
    if (!this.#init.host.alive) return never()
    this.#expire()
    if (this.#over) return Promise.resolve()
    if (this.#closing === undefined) {
      this.#closing = []
      this.#release(this.#frames.splice(0).reduce((sum, frame) => sum + cost(frame.length), 0))
      this.#receive?.reject(this.#closedError())
      this.#receive = undefined
      this.#pumpSoon()
    }
    // who does not wait for the end has it at once: nothing is left behind that nobody looks after
    if (signal?.aborted === true) {
      this.abort(signal.reason as Error)
      return Promise.reject(signal.reason as Error)
    }
    const pending = createPending<void>(this.#now(), signal, () => {
      this.abort(signal?.reason as Error)
    })
    this.#closing.push(pending)
    return pending.promise
  }

  abort(error: Error): void {
    if (!this.#init.host.alive) return
    this.#expire()
    if (this.#over) return
    this.#trace('abort')
    this.#resetRemote()
    this.#end(error)
  }

  /** The other peer has not taken the channel: nobody there has to be told. */
  refuse(error: Error): void {
    this.#end(error)
  }

  /** The owner has crashed: the other end is told, and nothing here settles any more. */
  crash(): void {
    this.#resetRemote()
    for (const { pending } of this.#sends.splice(0)) pending.drop()
    for (const pending of this.#closing?.splice(0) ?? []) pending.drop()
    this.#receive?.drop()
    this.#receive = undefined
    this.#frames.length = 0
  }

  /** What the owner waits for here. */
  waits(): SimWait[] {
    const { host, protocol } = this.#init
    const waits: SimWait[] = []
    const add = (
      operation: SimWait['operation'],
      pending: { readonly sinceMs: number } | undefined
    ): void => {
      if (pending === undefined) return
      const { sinceMs } = pending
      waits.push({ peer: host.id, operation, remote: this.peer, protocol, sinceMs })
    }
    add('receive', this.#receive)
    add('send', this.#sends[0]?.pending)
    add('close', this.#closing?.[0])
    return waits
  }

  /** Lets in what the window has room for, once the code that is running now has ended. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      if (this.#init.host.alive && !this.#over) this.#pump()
    })
  }

  #pump(): void {
    while (this.#inFlight < this.#init.world.windowLength) {
      const send = this.#sends.shift()
      if (send === undefined) break
      this.#transmit(send)
      send.pending.resolve()
    }
    if (this.#closing === undefined || this.#sends.length > 0) return
    this.#trace('close')
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#link.signal(this.#now()))
    this.#atRemote(this.#lastArrivalMs, (remote) => remote.#onClose())
    this.#end(undefined)
  }

  #transmit({ parts, length }: PendingSend): void {
    const bytes = new Uint8Array(length)
    let offset = 0
    for (const part of parts) {
      bytes.set(part, offset)
      offset += part.length
    }
    this.#inFlight += cost(length)
    const arrivalMs = this.#link.transmit(this.#now(), cost(length))
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs)
    this.#trace('send', length)
    this.#atRemote(this.#lastArrivalMs, (remote) => remote.#onFrame(bytes))
  }

  #onFrame(bytes: Uint8Array): void {
    if (this.#over || this.#closing !== undefined) return this.#release(cost(bytes.length))
    this.#trace('deliver', bytes.length)
    const waiting = this.#receive
    if (waiting === undefined) {
      this.#frames.push(bytes)
      return
    }
    this.#receive = undefined
    waiting.resolve(this.#take(bytes))
  }

  #onClose(): void {
    if (this.#over) return
    this.#remoteClosed = true
    // the other end discards what this one still has to send
    for (const { pending } of this.#sends.splice(0)) pending.reject(this.#closedError())
    if (this.#frames.length === 0) this.#end(undefined)
  }

  #onReset(): void {
    if (this.#over) return
    this.#trace('reset')
    this.#end(
      new SimChannelError(
        'RESET',
        `the channel to ${this.peer} was aborted there, or ${this.peer} crashed: open another one`,
        { peer: this.peer }
      )
    )
  }

  /** Hands a frame to the owner. */
  #take(frame: Uint8Array): Uint8Array {
    this.#current = frame
    this.#release(cost(frame.length))
    if (this.#remoteClosed && this.#frames.length === 0) this.#end(undefined)
    return frame
  }

  /** Takes back the memory of the frame the owner was given last. */
  #expire(): void {
    this.#current?.fill(POISON)
    this.#current = undefined
  }

  /** Returns bytes to the sender's window, many at a time. */
  #release(bytes: number): void {
    this.#taken += bytes
    if (this.#taken * 2 < this.#init.world.windowLength) return
    const taken = this.#taken
    this.#taken = 0
    this.#atRemote(this.#link.signal(this.#now()), (remote) => {
      remote.#inFlight -= taken
      remote.#pumpSoon()
    })
  }

  /** The end: everything that waits settles, and the owner's list forgets it. */
  #end(failure: Error | undefined): void {
    this.#over = true
    this.#failure = failure
    this.#init.host.endpoints.delete(this)
    const error = failure ?? this.#closedError()
    for (const { pending } of this.#sends.splice(0)) pending.reject(error)
    const receive = this.#receive
    this.#receive = undefined
    if (failure === undefined) receive?.resolve(undefined)
    else receive?.reject(failure)
    for (const pending of this.#closing?.splice(0) ?? []) {
      if (failure === undefined) pending.resolve()
      else pending.reject(failure)
    }
    this.#frames.length = 0
    this.#resolveClosed(failure)
  }

  #resetRemote(): void {
    const arrivalMs = Math.max(this.#remoteOpenMs, this.#link.signal(this.#now()))
    this.#atRemote(arrivalMs, (remote) => remote.#onReset())
  }

  #atRemote(timeMs: number, action: (remote: Endpoint) => void): void {
    const remote = this.#remote
    if (remote === undefined) return
    this.#init.world.scheduler.at(timeMs, remote.#init.host, () => action(remote))
  }

  #now(): number {
    return this.#init.world.scheduler.now()
  }

  #trace(type: TraceType, length?: number): void {
    const { world, host, protocol, channel } = this.#init
    if (world.trace === undefined) return
    const inward = type === 'deliver' || type === 'reset'
    const entry = {
      timeMs: this.#now(),
      type,
      from: inward ? this.peer : host.id,
      to: inward ? host.id : this.peer,
      on: protocol,
      channel
    }
    world.trace(length === undefined ? entry : { ...entry, length })
  }

  #closedError(): Error {
    return new SimChannelError(
      'CLOSED',
      `the channel to ${this.peer} is closed: open another one to go on`,
      { peer: this.peer }
    )
  }

  #tooLargeError(length: number): Error {
    const limit = this.maxFrameLength
    return new SimChannelError(
      'FRAME_TOO_LARGE',
      `a frame of ${length} bytes is longer than the ${limit} the channel to ${this.peer} takes: cut it`,
      { peer: this.peer, length, limit }
    )
  }

  #concurrentError(): Error {
    return new SimChannelError(
      'CONCURRENT_RECEIVE',
      `receive was called while another receive from ${this.peer} waits: await that one first`,
      { peer: this.peer }
    )
  }
}

/** What a frame counts for, by window and bandwidth, in bytes. */
function cost(length: number): number {
  return length + FRAME_OVERHEAD
}
