import type { AbortOptions, Channel, Frame, PeerId } from '@daa-compute/interface'
import {
  closedError,
  concurrentError,
  oversizedError,
  resetError,
  tooLargeError
} from './channel-errors.ts'
import type { SimWait } from './errors.ts'
import type { Flow } from './event-queue.ts'
import { never, type Host } from './host.ts'
import { Inbox } from './inbox.ts'
import { countedLength, type Message } from './message.ts'
import { Outbox } from './outbox.ts'
import { CONTROL, type Path } from './path.ts'
import { Pending } from './pending.ts'
import type { TraceType } from './trace.ts'
import type { World } from './world.ts'

/**
 * One end of a channel: its life. What it sends and receives is in its outbox and inbox.
 *
 * Methods that are not the contract's are the network's; users see a `Channel`.
 */
export class Endpoint implements Channel {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly world: World
  readonly host: Host
  readonly protocol: string
  readonly outbox: Outbox
  readonly inbox: Inbox

  /** Number of the channel, for the trace. */
  readonly #channel: number
  readonly #path: Path
  #remote: Endpoint | undefined

  /** Whether the owner has it; it is not reset before that. */
  #given = true
  /** What has reset it before. */
  #earlyReset: Error | undefined
  /** Calls of `close` that wait; there is such a list from the first call on. */
  #closing: Pending<void>[] | undefined
  /** The other end has closed: what is in the inbox is all there will be. */
  #remoteClosed = false
  #over = false
  /** Why it is over, unless somebody closed politely. */
  #failure: Error | undefined
  #closed: Promise<Error | undefined> | undefined
  #resolveClosed: ((error: Error | undefined) => void) | undefined

  constructor(world: World, host: Host, peer: PeerId, protocol: string, channel: number) {
    this.world = world
    this.host = host
    this.peer = peer
    this.protocol = protocol
    this.maxFrameLength = world.options.maxFrameLength
    this.#channel = channel
    this.#path = world.paths.between(host.id, peer)
    this.outbox = new Outbox(this)
    this.inbox = new Inbox(this)
    host.endpoints.add(this)
  }

  /** Joins two ends. */
  static join(opener: Endpoint, acceptor: Endpoint): void {
    opener.#remote = acceptor
    acceptor.#remote = opener
  }

  /** Keeps back what would end it until the owner has it. */
  withhold(): void {
    this.#given = false
  }

  /** The owner has it. */
  give(): void {
    this.#given = true
    if (this.#earlyReset !== undefined) this.onReset(this.#earlyReset)
  }

  get over(): boolean {
    return this.#over
  }

  /** Whether what arrives is of use to anybody. */
  get reading(): boolean {
    return !this.#over && this.#closing === undefined
  }

  get closed(): Promise<Error | undefined> {
    this.#closed ??= this.#over
      ? Promise.resolve(this.#failure)
      : new Promise((resolve) => {
          this.#resolveClosed = resolve
        })
    return this.#closed
  }

  send(frame: Frame, options?: AbortOptions): Promise<void> {
    const signal = options?.signal
    if (!this.host.alive) return never()
    if (this.#over || this.#remoteClosed || this.#closing !== undefined) {
      return Promise.reject(this.#failure ?? closedError(this.peer))
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const length = countedLength(frame)
    const limit = this.maxFrameLength
    if (length > limit) return Promise.reject(tooLargeError(this.peer, length, limit))
    return this.outbox.add(frame, length, signal)
  }

  receive(options?: AbortOptions): Promise<Uint8Array | undefined> {
    const signal = options?.signal
    if (!this.host.alive) return never()
    this.inbox.expire()
    if (this.inbox.waiting !== undefined) return Promise.reject(concurrentError(this.peer))
    if (this.#closing !== undefined || this.#failure !== undefined) {
      return Promise.reject(this.#failure ?? closedError(this.peer))
    }
    if (this.#over) return Promise.resolve(undefined)
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    return this.inbox.receive(signal)
  }

  close(options?: AbortOptions): Promise<void> {
    const signal = options?.signal
    if (!this.host.alive) return never()
    this.inbox.expire()
    if (this.#over) return Promise.resolve()
    if (this.#closing === undefined) {
      this.#closing = []
      this.inbox.discard()
      this.inbox.finish(closedError(this.peer))
      this.outbox.pumpSoon()
    }
    // who does not wait for the end has it at once: nothing is left behind that nobody looks after
    if (signal?.aborted === true) {
      this.abort(signal.reason as Error)
      return Promise.reject(signal.reason as Error)
    }
    const pending = new Pending<void>(this.world.scheduler.now())
    pending.heed(signal, () => this.abort(signal?.reason as Error))
    this.#closing.push(pending)
    return pending.promise
  }

  abort(error: Error): void {
    if (!this.host.alive) return
    this.inbox.expire()
    this.host.whenAwake(Endpoint.#abort, this, error)
  }

  /** Ends this end; the other one is not told. */
  fail(error: Error): void {
    if (!this.#over) this.#end(error)
  }

  /** The owner has crashed: the other end is told, and nothing here settles any more. */
  crash(): void {
    this.#sendReset()
    this.outbox.drop()
    this.inbox.drop()
    for (const pending of this.#closing?.splice(0) ?? []) pending.drop()
  }

  /** What the owner waits for here. */
  waits(): SimWait[] {
    const { host, protocol, peer: remote } = this
    const all = [
      ['receive', this.inbox.waiting],
      ['send', this.outbox.first],
      ['close', this.#closing?.[0]]
    ] as const
    return all.flatMap(([operation, pending]) =>
      pending === undefined
        ? []
        : [{ peer: host.id, operation, remote, protocol, sinceMs: pending.sinceMs }]
    )
  }

  /** Everything was let in: a close that waited for it goes through. */
  sentAll(): void {
    if (this.#closing === undefined) return
    this.note('close')
    this.outbox.sendClose()
    this.#end(undefined)
  }

  /** The owner has had everything that came. */
  receivedAll(): void {
    if (this.#remoteClosed) this.#end(undefined)
  }

  onClose(): void {
    if (this.#over) return
    this.#remoteClosed = true
    // the other end discards what this one still has to send
    this.outbox.rejectAll(closedError(this.peer))
    if (this.inbox.empty) this.#end(undefined)
  }

  onReset(error: Error): void {
    if (this.#over) return
    if (!this.#given) {
      this.#earlyReset = error
      return
    }
    this.note('reset')
    this.#end(error)
  }

  /** The other end has broken the limit of frames. */
  onOversized({ bytes }: Message): void {
    this.abort(oversizedError(this.peer, bytes.length, this.maxFrameLength))
  }

  /** Sends a message to the other end, if there is one. */
  carry<Argument>(
    length: number,
    flow: Flow | undefined,
    action: (remote: Endpoint, argument: Argument) => void,
    argument: Argument
  ): void {
    const remote = this.#remote
    if (remote === undefined) return
    this.#path.carry(length, flow, remote.host, action, remote, argument)
  }

  note(type: TraceType, bytes?: Uint8Array, length?: number): void {
    const { host, peer, protocol } = this
    const inward = type === 'deliver' || type === 'reset'
    const [from, to] = inward ? [peer, host.id] : [host.id, peer]
    this.world.recorder.noteChannel(type, this.#channel, from, to, protocol, bytes, length)
  }

  /** The end: everything that waits settles, and the owner's list forgets it. */
  #end(failure: Error | undefined): void {
    this.#over = true
    this.#failure = failure
    this.host.endpoints.delete(this)
    this.outbox.rejectAll(failure ?? closedError(this.peer))
    this.inbox.finish(failure)
    for (const pending of this.#closing?.splice(0) ?? []) {
      if (failure === undefined) pending.resolve()
      else pending.reject(failure)
    }
    this.inbox.clear()
    this.#resolveClosed?.(failure)
  }

  static #abort(endpoint: Endpoint, error: Error): void {
    if (endpoint.#over) return
    endpoint.note('abort')
    endpoint.#sendReset()
    endpoint.fail(error)
  }

  #sendReset(): void {
    this.carry(CONTROL, undefined, onReset, undefined)
  }
}

function onReset(remote: Endpoint): void {
  remote.onReset(resetError(remote.peer))
}
