import type { Port, PortEvent } from '@daa-compute/allreduce'
import { fromData, toData } from './crossing.ts'
import type { LinkMessage as Message } from './link-message.ts'
import type { Calls, Tells } from './protocol.ts'

/**
 * Tells and notes that may be on their way at once. While a thread is busy nobody
 * reads what it is told: what can be left out is, beyond this.
 */
export const MAX_UNREAD = 1_024

/** How many of them are acknowledged at once. */
const ACKNOWLEDGE_EVERY = 64

/** What is known of a call while it is worked on. */
export interface CallContext {
  readonly signal: AbortSignal
  /** Tells the caller something before the answer. */
  note(note: unknown): void
  /** Resolves when everything else that was asked of this end so far has been answered. */
  others(): Promise<void>
}

export type CallHandlers<Served extends Calls> = {
  readonly [Name in keyof Served]: (
    args: Served[Name]['args'],
    context: CallContext
  ) => Promise<Served[Name]['result']>
}

export type TellHandlers<Told extends Tells> = {
  readonly [Name in keyof Told]: (told: Told[Name]) => void
}

export interface CallOptions<Result> {
  readonly signal?: AbortSignal | undefined
  readonly onNote?: ((note: unknown) => void) | undefined
  /** Called with the answer before anything that was told after it. */
  readonly onResult?: ((result: Result) => void) | undefined
}

/** One end of a port over which two threads work for each other. */
export interface Link<Asked extends Calls, Saying extends Tells> {
  /**
   * Has the other end do something. When the signal is aborted the other end's is,
   * and what it answers counts.
   *
   * @throws what the other end threw, or what the link was closed with
   */
  call<Name extends keyof Asked & string>(
    name: Name,
    args: Asked[Name]['args'],
    options?: CallOptions<Asked[Name]['result']>
  ): Promise<Asked[Name]['result']>
  tell<Name extends keyof Saying & string>(name: Name, told: Saying[Name]): void
  /** Whether the other end reads what it is told. */
  readonly hasRoom: boolean
  /** Ends it: what is waited for rejects with `error`, and so do later calls. Idempotent. */
  close(error: Error): void
}

export interface LinkInit<Served extends Calls, Told extends Tells> {
  /** One end of a channel that is used for nothing else. */
  readonly port: Port
  readonly calls: CallHandlers<Served>
  readonly tells: TellHandlers<Told>
}

/** Works with the thread at the other end of a port. */
export function createLink<
  Asked extends Calls,
  Saying extends Tells,
  Served extends Calls,
  Told extends Tells
>(init: LinkInit<Served, Told>): Link<Asked, Saying> {
  return new PortLink<Asked, Saying, Served, Told>(init)
}

interface Pending {
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
  readonly onNote: ((note: unknown) => void) | undefined
  readonly onResult: ((result: never) => void) | undefined
  readonly onAbort: () => void
}

interface Serving {
  readonly controller: AbortController
  readonly done: Promise<void>
}

class PortLink<
  Asked extends Calls,
  Saying extends Tells,
  Offered extends Calls,
  Told extends Tells
> implements Link<Asked, Saying> {
  readonly #init: LinkInit<Offered, Told>
  readonly #pending = new Map<number, Pending>()
  readonly #served = new Map<number, Serving>()
  #lastId = 0
  #unread = 0
  #unacknowledged = 0
  #closed: Error | undefined

  constructor(init: LinkInit<Offered, Told>) {
    this.#init = init
    init.port.addEventListener('message', this.#onMessage)
    init.port.start()
  }

  readonly #onMessage = ({ data }: PortEvent): void => this.#receive(data as Message)

  call<Name extends keyof Asked & string>(
    name: Name,
    args: Asked[Name]['args'],
    { signal, onNote, onResult }: CallOptions<Asked[Name]['result']> = {}
  ): Promise<Asked[Name]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed)
      const id = ++this.#lastId
      const onAbort = (): void => this.#send({ type: 'abort', id, reason: toData(signal?.reason) })
      this.#pending.set(id, { resolve, reject, signal, onNote, onResult, onAbort })
      const aborted = signal?.aborted === true ? { reason: toData(signal.reason) } : undefined
      this.#send({ type: 'call', id, name, args: toData(args), aborted })
      signal?.addEventListener('abort', onAbort)
    })
  }

  tell<Name extends keyof Saying & string>(name: Name, told: Saying[Name]): void {
    this.#unread++
    this.#send({ type: 'tell', name, told: toData(told) })
  }

  get hasRoom(): boolean {
    return this.#unread < MAX_UNREAD
  }

  close(error: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    this.#init.port.removeEventListener('message', this.#onMessage)
    this.#init.port.close()
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error)
    for (const { controller } of this.#served.values()) controller.abort(error)
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'call':
        return this.#serve(message)
      case 'abort':
        return this.#served.get(message.id)?.controller.abort(fromData(message.reason))
      case 'result': {
        const pending = this.#settle(message.id)
        const result = fromData(message.result) as never
        pending?.onResult?.(result)
        return pending?.resolve(result)
      }
      case 'failure': {
        const pending = this.#settle(message.id)
        return pending?.reject(fromData(message.error, pending.signal?.reason))
      }
      case 'note':
        this.#acknowledge()
        return this.#pending.get(message.id)?.onNote?.(fromData(message.note))
      case 'tell':
        this.#acknowledge()
        return this.#init.tells[message.name]?.(fromData(message.told) as never)
      case 'read':
        this.#unread -= message.count
    }
  }

  #serve({ id, name, args, aborted }: Extract<Message, { type: 'call' }>): void {
    const controller = new AbortController()
    const { signal } = controller
    if (aborted !== undefined) controller.abort(fromData(aborted.reason))
    const note = (told: unknown): void => {
      this.#unread++
      this.#send({ type: 'note', id, note: toData(told) })
    }
    const others = async (): Promise<void> => {
      const served = [...this.#served].filter(([other]) => other !== id)
      await Promise.all(served.map(([, { done }]) => done))
    }
    const work = async (): Promise<void> => {
      try {
        const context = { signal, note, others }
        const result = await this.#init.calls[name]?.(fromData(args), context)
        this.#send({ type: 'result', id, result: toData(result) })
      } catch (error) {
        this.#send({ type: 'failure', id, error: toData(error, signal.reason) })
      } finally {
        this.#served.delete(id)
      }
    }
    this.#served.set(id, { controller, done: Promise.resolve().then(work) })
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.signal?.removeEventListener('abort', pending.onAbort)
    return pending
  }

  #acknowledge(): void {
    if (++this.#unacknowledged < ACKNOWLEDGE_EVERY) return
    this.#send({ type: 'read', count: this.#unacknowledged })
    this.#unacknowledged = 0
  }

  #send(message: Message): void {
    if (this.#closed === undefined) this.#init.port.postMessage(message, [])
  }
}
