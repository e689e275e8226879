import type { AbortOptions, Channel, Frame, PeerId } from '@daa-compute/interface'
import {
  closedError,
  concurrentError,
  oversizedError,
  resetError,
  tooLargeError
} from './channel-errors.ts'
import { Ending } from './ending.ts'
import { never, type Host } from './host.ts'
import { Inbox } from './inbox.ts'
import { Line } from './line.ts'
import { countedLength, type Message } from './message.ts'
import { Outbox } from './outbox.ts'
import { CONTROL } from './path.ts'
import { Pending } from './pending.ts'
import type { World } from './world.ts'

/**
 * One end of a channel: its life. What it sends and receives is in its outbox and inbox.
 *
 * Methods that are not the contract's are the network's; users see a `Channel`.
 */
export class Endpoint extends Line<Endpoint> implements Channel {
  readonly maxFrameLength: number
  readonly outbox: Outbox
  readonly inbox: Inbox

  /** Whether the owner has it; it is not reset before that. */
  #given = true
  /** What has reset it before. */
  #earlyReset: Error | undefined
  /** The other end has closed: what is in the inbox is all there will be. */
  #remoteClosed = false
  readonly #ending = new Ending()

  constructor(world: World, host: Host, peer: PeerId, protocol: string, channel: number) {
    super(world, host, peer, protocol, channel)
    this.maxFrameLength = world.options.maxFrameLength
    this.outbox = new Outbox(this)
    this.inbox = new Inbox(this)
    host.endpoints.add(this)
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
    return this.#ending.over
  }

  /** Whether what arrives is of use to anybody. */
  get reading(): boolean {
    return !this.#ending.over && !this.#ending.begun
  }

  /** The call of `close` that has waited longest. */
  get firstClose(): Pending<void> | undefined {
    return this.#ending.firstClose
  }

  get closed(): Promise<Error | undefined> {
    return this.#ending.closed
  }

  send(frame: Frame, options?: AbortOptions): Promise<void> {
    const signal = options?.signal
    if (!this.host.alive) return never()
    const { over, begun, failure } = this.#ending
    if (over || begun || this.#remoteClosed) {
      return Promise.reject(failure ?? closedError(this.peer))
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
    const { over, begun, failure } = this.#ending
    if (begun || failure !== undefined) return Promise.reject(failure ?? closedError(this.peer))
    if (over) return Promise.resolve(undefined)
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    return this.inbox.receive(signal)
  }

  close(options?: AbortOptions): Promise<void> {
    const signal = options?.signal
    if (!this.host.alive) return never()
    this.inbox.expire()
    if (this.over) return Promise.resolve()
    if (!this.#ending.begun) {
      this.#ending.begin()
      this.inbox.discard()
      if (this.inbox.waiting !== undefined) this.inbox.finish(closedError(this.peer))
      this.outbox.pumpSoon()
    }
    // who does not wait for the end has it at once: nothing is left behind that nobody looks after
    if (signal?.aborted === true) {
      this.abort(signal.reason as Error)
      return Promise.reject(signal.reason as Error)
    }
    const pending = new Pending<void>(this.world.scheduler.now())
    pending.heed(signal, () => this.abort(signal?.reason as Error))
    this.#ending.await(pending)
    return pending.promise
  }

  abort(error: Error): void {
    if (!this.host.alive) return
    this.inbox.expire()
    this.host.whenAwake(Endpoint.#abort, this, error)
  }

  /** Ends this end; the other one is not told. */
  fail(error: Error): void {
    if (!this.over) this.#end(error)
  }

  /** The owner has crashed: the other end is told, and nothing here settles any more. */
  crash(): void {
    this.#sendReset()
    this.outbox.drop()
    this.inbox.drop()
    this.#ending.drop()
  }

  /** Everything was let in: a close that waited for it goes through. */
  sentAll(): void {
    if (!this.#ending.begun) return
    this.note('close')
    this.outbox.sendClose()
    this.#end(undefined)
  }

  /** The owner has had everything that came. */
  receivedAll(): void {
    if (this.#remoteClosed) this.#end(undefined)
  }

  onClose(): void {
    if (this.over) return
    this.#remoteClosed = true
    // the other end discards what this one still has to send
    this.outbox.rejectAll(closedError)
    if (this.inbox.empty) this.#end(undefined)
  }

  onReset(error: Error): void {
    if (this.over) return
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

  /** The end: everything that waits settles, and the owner's list forgets it. */
  #end(failure: Error | undefined): void {
    // whoever hears of the end finds it there
    this.host.endpoints.delete(this)
    this.outbox.rejectAll(failure === undefined ? closedError : () => failure)
    this.inbox.finish(failure)
    this.inbox.clear()
    this.#ending.finish(failure)
  }

  static #abort(endpoint: Endpoint, error: Error): void {
    if (endpoint.over) return
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
