import {
  type AbortOptions,
  asError,
  createDeadline,
  type PeerDirectory,
  type PeerId
} from '@daa-compute/interface'
import type { NamedTensors } from '../bucket/layout.ts'
import type { Tensor } from '../executor/tensor.ts'
import { Mesh } from '../mesh/mesh.ts'
import { toHex } from '../round/wire/digest.ts'
import { partition, type Range } from '../schedule/partition.ts'
import { LINGER_MS } from './constants.ts'
import { GroupError } from './errors.ts'
import type { GroupFacts } from './facts.ts'
import { Farewell } from './farewell.ts'
import type {
  BroadcastOptions,
  Group,
  GroupInit,
  GroupResult,
  OperationOptions,
  ReduceOptions,
  ValueOptions
} from './group.ts'
import type { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { decodeGroupMessage, encodeGroupMessage, type GroupMessage } from './messages.ts'
import { Operation } from './operation.ts'
import type { Call } from './prepare.ts'
import { Roll } from './roll.ts'

/** A group as this peer lives it. */
export class LiveGroup implements Group {
  readonly id: string
  readonly self: PeerId
  readonly rank: number
  readonly members: readonly PeerId[]
  readonly #facts: GroupFacts
  readonly #mesh: Mesh
  readonly #roll: Roll
  readonly #lanes: Lanes
  readonly #farewell: Farewell
  #closed: Promise<void> | undefined
  /** Why operations that were called are not waited for. */
  #gaveUp: Error | undefined

  constructor(init: GroupInit, facts: GroupFacts) {
    this.#facts = facts
    this.id = facts.id
    this.self = facts.self
    this.rank = facts.rank
    this.members = facts.members
    this.#lanes = new Lanes(facts.members.length)
    const incarnation = toHex(init.random.fill(new Uint8Array(8)))
    this.#roll = new Roll(facts.members, facts.self, incarnation)
    this.#mesh = new Mesh({
      connector: init.connector,
      clock: init.clock,
      logger: init.logger,
      directory: directoryOf(facts),
      greeting: { runId: `group/${facts.id}`, incarnation, hasher: facts.hasher.name },
      refuse: (peer, theirs) => this.#roll.refusal(peer, theirs),
      handlers: {
        onUp: (peer, theirs) => this.#roll.onUp(peer, theirs),
        onDown: (peer, reason) => this.#onDown(peer, reason),
        onRefused: (peer, reason) => this.#roll.onRefused(peer, reason),
        onControl: (peer, bytes) => this.#onMessage(peer, decodeGroupMessage(bytes)),
        onData: (peer, frame, tag) => this.#lanes.named(tag).router.deliver(peer, frame)
      }
    })
    this.#farewell = new Farewell({
      self: facts.self,
      isOver: (tag, sequence) => this.#lanes.over(tag) >= sequence,
      release: (peer) => this.#tell(peer, { type: 'release' })
    })
  }

  /**
   * Resolves when every member is there.
   *
   * @throws {GroupError} `NOT_CONNECTED`; or the signal's reason
   */
  async start({ signal }: AbortOptions): Promise<void> {
    const { clock, connectTimeoutMs } = this.#facts
    const abort = (): void => this.#roll.fail(asError(signal?.reason))
    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort)
    const cancel = clock.schedule(connectTimeoutMs, () =>
      this.#roll.onTimeout(this.#mesh.unreachable())
    )
    try {
      await this.#mesh.start()
      await this.#roll.complete
    } finally {
      cancel()
      signal?.removeEventListener('abort', abort)
    }
  }

  part(length: number, rank: number = this.rank): Range {
    const range = partition(length, this.members.length)[rank]
    if (range === undefined) throw new RangeError(`there is no rank ${rank}`)
    return range
  }

  allReduce(values: Tensor | NamedTensors, options: ReduceOptions = {}): Promise<GroupResult> {
    return this.#call({ collective: 'allReduce', values, options })
  }

  reduceScatter(values: Tensor, options: ReduceOptions = {}): Promise<GroupResult> {
    return this.#call({ collective: 'reduceScatter', values, options })
  }

  allGather(values: Tensor, options: ValueOptions = {}): Promise<GroupResult> {
    return this.#call({ collective: 'allGather', values, options })
  }

  broadcast(values: Tensor | NamedTensors, options: BroadcastOptions = {}): Promise<GroupResult> {
    return this.#call({ collective: 'broadcast', values, options })
  }

  barrier(options: OperationOptions = {}): Promise<GroupResult> {
    const values = new Float32Array(1)
    return this.#call({ collective: 'barrier', values, options: { ...options, op: 'sum' } })
  }

  close(options: AbortOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options)
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Queues a call up behind those of its tag. */
  #call(call: Call): Promise<GroupResult> {
    let lane: Lane
    try {
      this.#assertOpen()
      lane = this.#lanes.use(call.options.tag ?? 0)
    } catch (error) {
      return Promise.reject(asError(error))
    }
    const turn = lane.tail.then(() => this.#operate(lane, call))
    lane.tail = turn.catch(() => undefined)
    return turn
  }

  async #operate(lane: Lane, call: Call): Promise<GroupResult> {
    const operation = new Operation({
      call,
      facts: this.#facts,
      lane,
      sequence: lane.next++,
      mesh: this.#mesh,
      roll: this.#roll,
      tell: (peer, message) => this.#tell(peer, message),
      tellAll: (message) => this.#tellAll(message)
    })
    lane.current = operation
    if (this.#gaveUp !== undefined) operation.fail(this.#gaveUp)
    try {
      return await operation.run()
    } finally {
      lane.current = undefined
      lane.lastRequest = operation.request
      this.#farewell.check()
    }
  }

  #onDown(peer: PeerId, reason: string): void {
    this.#roll.onDown(peer, reason)
    for (const lane of this.#lanes.all) {
      lane.router.forget(peer)
      lane.current?.onDown(peer, reason)
    }
    this.#farewell.onDown(peer)
  }

  #onMessage(peer: PeerId, message: GroupMessage): void {
    switch (message.type) {
      case 'ask':
        return this.#tell(peer, this.#lanes.status(message))
      case 'status':
        return this.#lanes.current(message)?.onStatus(peer, message.state, message.request)
      case 'abort': {
        const current = this.#lanes.current(message)
        if (current === undefined) this.#lanes.named(message.tag).keep(peer, message)
        else current.onAbort(peer, message)
        return
      }
      case 'leave':
        return this.#farewell.onLeave(peer, message.done)
      case 'release':
        return this.#farewell.onRelease(peer)
    }
  }

  #tell(peer: PeerId, message: GroupMessage): void {
    this.#mesh.send(peer, encodeGroupMessage(message))
  }

  #tellAll(message: GroupMessage): void {
    const bytes = encodeGroupMessage(message)
    for (const peer of this.#mesh.upPeers()) this.#mesh.send(peer, bytes)
  }

  async #close({ signal }: AbortOptions): Promise<void> {
    const lanes = this.#lanes.all
    const giveUp = (): void => {
      const error = asError(signal?.reason)
      this.#gaveUp = error
      for (const { current } of lanes) current?.fail(error)
    }
    signal?.addEventListener('abort', giveUp)
    if (signal?.aborted === true) giveUp()
    await Promise.all(lanes.map(({ tail }) => tail))
    signal?.removeEventListener('abort', giveUp)

    const others = this.#mesh.upPeers()
    this.#tellAll({
      type: 'leave',
      done: this.#lanes.used.map(({ tag, next }) => ({ tag, sequence: next }))
    })
    using deadline = createDeadline(this.#facts.clock, LINGER_MS, 'closing a group', signal)
    await this.#farewell.released(others, deadline.signal)
    for (const lane of this.#lanes.all) lane.router.stop()
    await this.#mesh.stop()
  }

  #assertOpen(): void {
    if (this.#closed === undefined) return
    throw new GroupError('CLOSED', `the group ${this.id} was closed: make another one`, {
      group: this.id
    })
  }
}

function directoryOf({ members, self }: GroupFacts): PeerDirectory {
  const others = members.filter((peer) => peer !== self)
  return {
    peers: () => others.map((peer) => ({ peer, addresses: [], capabilities: {} })),
    watch: () => () => undefined
  }
}
