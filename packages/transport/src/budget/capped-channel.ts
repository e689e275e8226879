import { CountedBytes } from '@daa-compute/interface'
import type { AbortOptions, Channel, Frame, PeerId } from '@daa-compute/interface'
import { ChannelError } from '../errors.ts'
import { FRAME_OVERHEAD, RECORD_LENGTH, RECORD_OVERHEAD, URGENT_BELOW } from './constants.ts'
import type { BudgetMetrics } from './metrics.ts'
import type { Shaper } from './shaper.ts'

/** What all capped channels of a peer share. */
export interface Caps {
  readonly up: Shaper
  readonly down: Shaper
  readonly metrics: BudgetMetrics
}

/** A channel whose frames wait until the caps let them pass, in their order. */
export class CappedChannel implements Channel {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly closed: Promise<Error | undefined>
  readonly #inner: Channel
  readonly #caps: Caps
  /** Aborted when the channel is over: then nothing waits, and whoever did learns why. */
  readonly #over = new AbortController()
  /** The last send that waits for its turn. */
  #last: Promise<void> | undefined
  /** A frame that has come and not yet been let pass. */
  #held: Uint8Array | undefined
  #isReceiving = false

  constructor(inner: Channel, caps: Caps) {
    this.#inner = inner
    this.#caps = caps
    this.peer = inner.peer
    this.maxFrameLength = inner.maxFrameLength
    this.closed = inner.closed
    void inner.closed.then(() => this.#over.abort())
  }

  send(frame: Frame, options?: AbortOptions): Promise<void> {
    const length = frameLength(frame)
    // it is refused, and costs nothing
    if (length > this.maxFrameLength || options?.signal?.aborted === true) {
      return this.#inner.send(frame, options)
    }
    const bytes = bytesOnWire(length)
    if (this.#last === undefined) {
      const turn = this.#takeTurn(bytes, length, options?.signal)
      if (turn === undefined) return this.#pass(bytes, frame, options)
      return this.#sendAfter(turn, bytes, frame, options)
    }
    const turn = unlessAborted(this.#last, options?.signal).then(() =>
      this.#takeTurn(bytes, length, options?.signal)
    )
    return this.#sendAfter(turn, bytes, frame, options)
  }

  async receive(options?: AbortOptions): Promise<Uint8Array | undefined> {
    if (this.#isReceiving) throw concurrent(this.peer)
    this.#isReceiving = true
    try {
      const frame = this.#held ?? (await this.#inner.receive(options))
      if (frame === undefined) return undefined
      this.#held = frame
      await this.#letIn(frame, options?.signal)
      this.#held = undefined
      return frame
    } finally {
      this.#isReceiving = false
    }
  }

  async close(options?: AbortOptions): Promise<void> {
    const waiting = this.#last
    this.#held = undefined
    if (waiting !== undefined) await unlessAborted(waiting, options?.signal)
    // it sees by itself what an aborted signal means
    await this.#inner.close(options)
  }

  abort(error: Error): void {
    this.#inner.abort(error)
    this.#over.abort()
  }

  /** @returns what to wait for; it never rejects unless the caller has given up */
  #takeTurn(
    bytes: number,
    length: number,
    signal: AbortSignal | undefined
  ): Promise<void> | undefined {
    const over = this.#over.signal
    // the channel itself says what is wrong
    if (over.aborted || signal?.aborted === true) return undefined
    const turn = this.#caps.up.take(bytes, length <= URGENT_BELOW, [signal, over])
    return turn?.catch((reason: unknown) => {
      if (!over.aborted) throw reason
    })
  }

  async #sendAfter(
    turn: Promise<void>,
    bytes: number,
    frame: Frame,
    options: AbortOptions | undefined
  ): Promise<void> {
    // whoever gives up leaves those before it in front of those behind it
    const last = Promise.all([this.#last, turn.catch(ignore)]).then(() => {
      if (this.#last === last) this.#last = undefined
    })
    this.#last = last
    await turn
    await this.#pass(bytes, frame, options)
  }

  async #pass(bytes: number, frame: Frame, options: AbortOptions | undefined): Promise<void> {
    const { up, metrics } = this.#caps
    metrics.passed('up', bytes)
    up.hold()
    try {
      await this.#inner.send(frame, options)
    } finally {
      up.release()
    }
  }

  async #letIn(frame: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { down, metrics } = this.#caps
    const bytes = bytesOnWire(frame.byteLength)
    const over = this.#over.signal
    if (!over.aborted) {
      try {
        await down.take(bytes, frame.byteLength <= URGENT_BELOW, [signal, over])
      } catch (reason) {
        if (!over.aborted) throw reason
      }
    }
    metrics.passed('down', bytes)
  }
}

/** Bytes of a frame on an encrypted connection. */
function bytesOnWire(length: number): number {
  return length + FRAME_OVERHEAD + Math.floor(length / RECORD_LENGTH) * RECORD_OVERHEAD
}

function frameLength(frame: Frame): number {
  if (frame instanceof Uint8Array) return partLength(frame)
  let length = 0
  for (const part of frame) length += partLength(part)
  return length
}

function partLength(part: Uint8Array): number {
  return part instanceof CountedBytes ? part.counted : part.byteLength
}

function concurrent(peer: PeerId): ChannelError<'CONCURRENT_RECEIVE'> {
  return new ChannelError(
    'CONCURRENT_RECEIVE',
    'receive was called while an earlier call waits; await that one first',
    { peer }
  )
}

/** Resolves when the work is done or the signal aborted. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await work
  const aborted = Promise.withResolvers<void>()
  const onAbort = (): void => aborted.resolve()
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort)
  await Promise.race([work, aborted.promise])
  signal.removeEventListener('abort', onAbort)
}

function ignore(): void {}
