import {
  asError,
  type Channel,
  type Clock,
  type Connector,
  type PeerId
} from '@daa-compute/interface'
import { ANSWER_TIMEOUT_MS } from '../constants.ts'
import { isStateError, StateError } from '../errors.ts'
import { checkGreeting, encodeGreeting, protocolOf } from '../protocol/greeting.ts'
import { type Answer, decodeAnswer, encodeRequest, type Request } from '../protocol/messages.ts'

export interface DonorLinkInit {
  readonly run: string
  readonly peer: PeerId
  readonly connector: Connector
  readonly clock: Clock
  readonly hasher: string
  readonly dropped: (link: DonorLink, reason: StateError) => void
}

type Kind<Type> = Extract<Answer, { readonly type: Type }>

/** A channel to a donor: questions, and the answers to them. A link that fails stays so. */
export class DonorLink {
  readonly peer: PeerId
  /** Bytes of blocks that came from here and were right. */
  bytes = 0
  reason: StateError | undefined
  readonly #init: DonorLinkInit
  readonly #pending = new Map<number, (answer: Answer) => void>()
  readonly #ended = new AbortController()
  #channel: Channel | undefined
  #nextId = 0

  constructor(init: DonorLinkInit) {
    this.#init = init
    this.peer = init.peer
  }

  /** Fires when the link is over, with the reason. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  get isOver(): boolean {
    return this.#ended.signal.aborted
  }

  async open(): Promise<void> {
    const { connector, peer, run, hasher, clock } = this.#init
    const cancel = clock.schedule(ANSWER_TIMEOUT_MS, () => this.#stall(ANSWER_TIMEOUT_MS))
    try {
      const { signal } = this
      const channel = await connector.open(peer, protocolOf(run), { signal })
      this.#channel = channel
      if (this.isOver) channel.abort(asError(signal.reason))
      await channel.send(encodeGreeting(hasher), { signal })
      const greeting = await channel.receive({ signal })
      if (greeting === undefined) throw new Error('the channel was closed')
      this.#check(() => checkGreeting(greeting, hasher))
      void this.#listen(channel)
    } catch (error) {
      this.drop(this.#asReason(error))
      throw error
    } finally {
      cancel()
    }
  }

  /**
   * Asks for a block or for hashes.
   *
   * @param take gets the answer at once, before the frame's memory goes back
   */
  post(request: Request, take: (answer: Answer) => void): void {
    const channel = this.#channel
    if (channel === undefined || this.isOver) return
    const id = this.#nextId++
    this.#pending.set(id, take)
    channel.send(encodeRequest(id, request), { signal: this.signal }).catch((error: unknown) => {
      this.drop(this.#asReason(error))
    })
  }

  /** Asks, and waits for an answer of that type or a refusal. */
  async ask<Type extends 'status' | 'vouch' | 'layout' | 'done'>(
    request: Request,
    type: Type,
    timeoutMs: number = ANSWER_TIMEOUT_MS
  ): Promise<Kind<Type> | Kind<'no'>> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const end = (): void => reject(this.signal.reason)
    if (this.isOver) end()
    else this.signal.addEventListener('abort', end, { once: true })
    const cancel = this.#init.clock.schedule(timeoutMs, () => this.#stall(timeoutMs))
    this.post(request, resolve)
    try {
      const answer = await promise
      if (answer.type !== type && answer.type !== 'no') {
        throw this.malformed(`asked for ${type} it answered ${answer.type}`)
      }
      return answer as Kind<Type> | Kind<'no'>
    } finally {
      cancel()
      this.signal.removeEventListener('abort', end)
    }
  }

  /** Ends the link for a reason, which its owner is told. */
  drop(reason: StateError): void {
    if (this.isOver) return
    this.reason = reason
    this.#end(reason)
    this.#init.dropped(this, reason)
  }

  malformed(reason: string): StateError {
    const { peer } = this
    const error = new StateError('MALFORMED', `${peer} broke the protocol: ${reason}`, {
      peer,
      reason
    })
    this.drop(error)
    return error
  }

  /** Ends the link, as it is not needed any more. */
  close(): void {
    if (this.isOver) return
    const channel = this.#channel
    this.#ended.abort(new Error('the fetch is over'))
    this.#pending.clear()
    // what was asked for and is not needed any more would be sent to the end otherwise
    channel?.abort(new Error('the fetch is over'))
  }

  /** Ends the link politely: after `release` was answered nothing is on its way. */
  async part(): Promise<void> {
    if (this.isOver) return
    try {
      await this.ask({ type: 'release' }, 'done')
    } catch {
      // it held nothing, then
    }
    this.close()
  }

  async #listen(channel: Channel): Promise<void> {
    try {
      for (;;) {
        const frame = await channel.receive({ signal: this.signal })
        if (frame === undefined) throw new Error('the channel was closed')
        const { id, answer } = this.#check(() => decodeAnswer(frame))
        const take = this.#pending.get(id)
        if (take === undefined) throw this.malformed('it answered what was not asked')
        this.#pending.delete(id)
        take(answer)
      }
    } catch (error) {
      this.drop(this.#asReason(error))
    }
  }

  #check<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw this.malformed(asError(error).message)
    }
  }

  #stall(forMs: number): void {
    const { peer } = this
    this.drop(
      new StateError('STALLED', `${peer} did not answer within ${forMs} ms`, { peer, forMs })
    )
  }

  #asReason(error: unknown): StateError {
    if (isStateError(error)) return error
    const { peer } = this
    return new StateError(
      'VANISHED',
      `${peer} cannot be asked for the state: ${String(error)}`,
      { peer, cause: error },
      { cause: error }
    )
  }

  #end(reason: Error): void {
    this.#pending.clear()
    this.#ended.abort(reason)
    this.#channel?.abort(reason)
  }
}
