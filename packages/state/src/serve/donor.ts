import {
  asError,
  type Channel,
  type Clock,
  type Connector,
  type Hasher,
  joinSignals,
  type PeerId
} from '@daa-compute/interface'
import {
  ANSWER_TIMEOUT_MS,
  MAX_REQUEST_LENGTH,
  PIN_WAIT_MS,
  SEND_TIMEOUT_MS
} from '../constants.ts'
import { checkGreeting, encodeGreeting, protocolOf } from '../protocol/greeting.ts'
import { type Answer, decodeRequest, encodeAnswer, type Request } from '../protocol/messages.ts'
import type { Revision } from '../shared-state.ts'
import { blockAt, levelsOf } from '../tree/hash-tree.ts'
import type { Served } from './held-state.ts'
import type { Store } from './store.ts'
import type { UploadBudget } from './upload-budget.ts'

export interface DonorInit {
  readonly run: string
  readonly connector: Connector
  readonly clock: Clock
  readonly hasher: Hasher
  readonly store: Store
  readonly budget: UploadBudget
  readonly maxChannels: number
  served(peer: PeerId, revision: Revision): void
  sent(bytes: number): void
}

const NOTHING: readonly Uint8Array[] = []

/** Serves the state of this peer: answers what joiners ask, one question of each at a time. */
export class Donor {
  readonly #init: DonorInit
  readonly #channels = new Map<PeerId, Channel>()
  readonly #stopping = new AbortController()
  #endAccepting: () => Promise<void> = () => Promise.resolve()

  constructor(init: DonorInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const { connector, run } = this.#init
    this.#endAccepting = await connector.accept(protocolOf(run), (channel) => {
      void this.#serve(channel)
    })
  }

  async stop(): Promise<void> {
    const error = new Error('the donor has stopped')
    this.#stopping.abort(error)
    for (const channel of this.#channels.values()) channel.abort(error)
    await this.#endAccepting()
  }

  async #serve(channel: Channel): Promise<void> {
    const { peer } = channel
    // whoever opens another one has lost the one before
    this.#channels.get(peer)?.abort(new Error('it was opened anew'))
    if (this.#channels.size >= this.#init.maxChannels || this.#stopping.signal.aborted) {
      channel.abort(new Error('too many peers fetch the state: try again later'))
      return
    }
    this.#channels.set(peer, channel)
    using over = joinSignals(this.#stopping.signal)
    void channel.closed.then(() => {
      over.abort()
      if (this.#channels.get(peer) === channel) this.#channels.delete(peer)
    })
    try {
      await this.#converse(channel, over.signal)
      await channel.close()
    } catch (error) {
      channel.abort(asError(error))
    }
  }

  async #converse(channel: Channel, signal: AbortSignal): Promise<void> {
    const { hasher } = this.#init
    const greeting = await this.#inTime(channel, ANSWER_TIMEOUT_MS, () =>
      channel.receive({ signal })
    )
    if (greeting === undefined) return
    checkGreeting(greeting, hasher.name)
    await this.#send(channel, encodeGreeting(hasher.name), NOTHING, signal)
    for (;;) {
      const frame = await channel.receive({ signal })
      if (frame === undefined) return
      if (frame.byteLength > MAX_REQUEST_LENGTH) throw new RangeError('the request is too long')
      const { id, request } = decodeRequest(frame)
      const serve = (): Promise<void> => this.#serveOne(channel, id, request, signal)
      // who only asks where this peer stands uses nothing of what is held for it
      if (request.type === 'status' || request.type === 'layout') await serve()
      else await this.#init.store.leases.during(channel.peer, serve)
    }
  }

  async #serveOne(
    channel: Channel,
    id: number,
    request: Request,
    signal: AbortSignal
  ): Promise<void> {
    const [answer, bytes] = await this.#answer(channel.peer, request, signal)
    const length = bytes.reduce((sum, piece) => sum + piece.byteLength, 0)
    await this.#init.budget.take(length, signal)
    signal.throwIfAborted()
    // on a slow line the next question comes when this has arrived
    await this.#send(channel, encodeAnswer(id, answer), bytes, signal)
    this.#init.sent(length)
  }

  /** Whoever does not take what it has asked for is not waited for. */
  #send(
    channel: Channel,
    head: Uint8Array,
    bytes: readonly Uint8Array[],
    signal: AbortSignal
  ): Promise<void> {
    return this.#inTime(channel, SEND_TIMEOUT_MS, () => channel.send([head, ...bytes], { signal }))
  }

  async #inTime<T>(channel: Channel, ms: number, task: () => Promise<T>): Promise<T> {
    const cancel = this.#init.clock.schedule(ms, () => channel.abort(new Error('it took too long')))
    try {
      return await task()
    } finally {
      cancel()
    }
  }

  /** @returns an answer, and the bytes that come behind it */
  async #answer(
    peer: PeerId,
    request: Request,
    signal: AbortSignal
  ): Promise<[Answer, readonly Uint8Array[]]> {
    const { store } = this.#init
    const { layout } = store
    switch (request.type) {
      case 'status':
        return [{ type: 'status', statement: store.standing, layout: layout.hash }, NOTHING]
      case 'layout':
        return [{ type: 'layout', text: layout.text }, NOTHING]
      case 'pin': {
        const waitMs = Math.min(request.waitMs, PIN_WAIT_MS)
        const state = await store.pin(peer, request.revision, waitMs, signal)
        if (typeof state === 'string') return [this.#no(state), NOTHING]
        this.#init.served(peer, request.revision)
        return [await this.#vouch(state), NOTHING]
      }
      case 'delta': {
        const waitMs = Math.min(request.waitMs, PIN_WAIT_MS)
        const delta = await store.delta(peer, request.from, waitMs, signal)
        return [typeof delta === 'string' ? this.#no(delta) : await this.#vouch(delta), NOTHING]
      }
      case 'nodes': {
        const { of, level, index } = request
        const served = store.find(peer, of.kind, of.revision)
        if (served === undefined) return [this.#no('not-kept'), NOTHING]
        const tree = await served.tree()
        const hashes = level < this.#levels(served).length ? tree.children(level, index) : undefined
        if (hashes === undefined) return [this.#no('bad-request'), NOTHING]
        return [{ type: 'nodes', hashes }, NOTHING]
      }
      case 'block': {
        const { of, index } = request
        const served = store.find(peer, of.kind, of.revision)
        if (served === undefined) return [this.#no('not-kept'), NOTHING]
        if (index >= (this.#levels(served)[0] ?? 0)) return [this.#no('bad-request'), NOTHING]
        const { object, isLive } = served
        const { offset, length } = blockAt(this.#shape(served), index)
        const views = object.views(offset, length)
        // the tensors may change before the last byte is on its way
        const bytes = isLive ? views.map((view) => view.slice()) : views
        return [{ type: 'block', bytes: new Uint8Array(0) }, bytes]
      }
      case 'release': {
        const lease = store.leases.use(peer)
        if (lease !== undefined) store.release(lease)
        return [{ type: 'done' }, NOTHING]
      }
    }
  }

  async #vouch(served: Served): Promise<Answer> {
    const { root } = await served.tree()
    const { statement } = served
    const layout = this.#init.store.layout.hash
    return { type: 'vouch', vouch: { ...statement, ...this.#shape(served), layout, root } }
  }

  #no(refusal: Extract<Answer, { type: 'no' }>['refusal']): Answer {
    const { statement, held } = this.#init.store
    return { type: 'no', refusal, current: statement?.revision, held }
  }

  #shape({ object }: Served): { byteLength: number; blockLength: number } {
    return { byteLength: object.byteLength, blockLength: this.#init.store.blockLength }
  }

  #levels(served: Served): number[] {
    return levelsOf(this.#shape(served))
  }
}
