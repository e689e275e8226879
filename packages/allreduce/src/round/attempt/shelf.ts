import {
  asError,
  type Channel,
  type Clock,
  type Connector,
  createDeadline,
  type Hasher,
  type PeerId
} from '@daa-compute/interface'
import { createReader, createWriter } from '@daa-compute/wire'
import { FETCH_FRAME_LENGTH, FETCH_STALL_MS } from '../../constants.ts'
import { DIGEST_LENGTH, toHex } from '../wire/digest.ts'

export interface ShelfInit {
  readonly run: string
  readonly connector: Connector
  readonly clock: Clock
  readonly hasher: Hasher
}

interface Result {
  /** Its digest in hexadecimal. */
  readonly key: string
  readonly bytes: Uint8Array
}

/** A holder that waits to be told to go on. */
interface Offer {
  readonly channel: Channel
  /** Of the values it holds, in hexadecimal. */
  readonly hash: string
}

/**
 * Hands results to members that missed the end of a round: as long as its caller
 * waits for the verdict the result lies in the caller's own array, later in a copy,
 * of which there is one at most.
 */
export class Shelf {
  readonly #init: ShelfInit
  readonly #protocol: string
  /** Of the round that is being decided: where its caller keeps it. */
  #live: Result | undefined
  /** Of the last round that counts and that somebody may lack: a copy. */
  #kept: Result | undefined
  #copy = new Uint8Array(0)
  #end: (() => Promise<void>) | undefined
  readonly #stopping = new AbortController()

  constructor(init: ShelfInit) {
    this.#init = init
    this.#protocol = `/daa/allreduce/result/${encodeURIComponent(init.run)}`
  }

  /** Begins to hand out. */
  async start(): Promise<void> {
    this.#end = await this.#init.connector.accept(this.#protocol, (channel) => {
      this.#serve(channel).catch((error: unknown) => channel.abort(asError(error)))
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the run was left'))
    this.#live = undefined
    this.#kept = undefined
    await this.#end?.()
  }

  /** A result is here, where its caller keeps it. */
  put(digest: Uint8Array, bytes: Uint8Array): void {
    this.#live = { key: toHex(digest), bytes }
  }

  /** The caller gets its array back; others may still need the result. */
  keep(): void {
    if (this.#live === undefined) return
    const { key, bytes } = this.#live
    if (this.#copy.length < bytes.length) this.#copy = new Uint8Array(bytes.length)
    this.#copy.set(bytes)
    this.#kept = { key, bytes: this.#copy.subarray(0, bytes.length) }
    this.#live = undefined
  }

  /** The result does not count, or everybody has it. */
  clear(): void {
    this.#live = undefined
  }

  /**
   * Gets a result from one of its holders into `out`, and sees to it that it is the
   * one that most of them hold. The digest is over the bytes that were sent in the
   * round and cannot be made from the values; so each holder hashes its values first.
   *
   * @throws what the last of them said, when none hands it over
   */
  async fetch(digest: Uint8Array, holders: readonly PeerId[], out: Uint8Array): Promise<void> {
    const here = this.#find(toHex(digest), out.length)
    if (here !== undefined) {
      out.set(here)
      return
    }
    const asked = await Promise.allSettled(
      holders.map((peer) => this.#ask(peer, digest, out.length))
    )
    const offers = asked.filter((offer) => offer.status === 'fulfilled').map(({ value }) => value)
    const groups = [...Map.groupBy(offers, ({ hash }) => hash).values()]
    const [most = []] = groups.toSorted((a, b) => b.length - a.length)
    let failure: Error = new Error('nobody holds the result')
    try {
      for (const { channel, hash } of most) {
        try {
          await this.#take(channel, out)
          if (toHex(this.#hash(out)) !== hash)
            throw new Error(`${channel.peer} sent something else`)
          return
        } catch (error) {
          failure = asError(error)
        }
      }
    } finally {
      for (const { channel } of offers) channel.abort(new Error('no more is needed'))
    }
    throw failure
  }

  /** Opens a channel to a holder and has it say what it holds. */
  async #ask(peer: PeerId, digest: Uint8Array, length: number): Promise<Offer> {
    const { connector, clock } = this.#init
    const what = `a result from ${peer}`
    using deadline = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
    const { signal } = deadline
    const channel = await connector.open(peer, this.#protocol, { signal })
    try {
      await channel.send(createWriter(64).bytes(digest).uint53(length).finish(), { signal })
      const hash = await channel.receive({ signal })
      if (hash?.length !== DIGEST_LENGTH) throw new Error(`${peer} does not hold the result`)
      return { channel, hash: toHex(hash) }
    } catch (error) {
      channel.abort(asError(error))
      throw error
    }
  }

  async #take(channel: Channel, out: Uint8Array): Promise<void> {
    const what = `a result from ${channel.peer}`
    // empty: go on
    await channel.send(new Uint8Array())
    for (let filled = 0; filled < out.length;) {
      using deadline = createDeadline(this.#init.clock, FETCH_STALL_MS, what, this.#stopping.signal)
      const frame = await channel.receive({ signal: deadline.signal })
      if (frame === undefined) throw new Error(`${channel.peer} does not hold the result any more`)
      if (frame.length === 0 || filled + frame.length > out.length) {
        throw new Error(`${channel.peer} sends ${frame.length} bytes where they do not fit`)
      }
      out.set(frame, filled)
      filled += frame.length
    }
  }

  async #serve(channel: Channel): Promise<void> {
    const { clock } = this.#init
    const what = `a result for ${channel.peer}`
    using opening = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
    const request = await channel.receive({ signal: opening.signal })
    if (request === undefined) return
    const reader = createReader(request)
    const key = toHex(reader.bytes(DIGEST_LENGTH))
    const length = reader.uint53()
    reader.end()
    const offered = this.#find(key, length)
    if (offered === undefined) return await channel.close()
    using waiting = createDeadline(clock, 2 * FETCH_STALL_MS, what, this.#stopping.signal)
    await channel.send(this.#hash(offered), { signal: waiting.signal })
    // others may hand it over
    if ((await channel.receive({ signal: waiting.signal })) === undefined) return
    for (let sent = 0; sent < length; sent += FETCH_FRAME_LENGTH) {
      using deadline = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
      // looked up each time: it may move from the caller's array to the copy, or go
      const bytes = this.#find(key, length)
      if (bytes === undefined) break
      // a copy: the caller may get its array back while this is on its way
      const frame = bytes.slice(sent, sent + FETCH_FRAME_LENGTH)
      await channel.send(frame, { signal: deadline.signal })
    }
    using closing = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
    await channel.close({ signal: closing.signal })
  }

  #find(key: string, length: number): Uint8Array | undefined {
    const results = [this.#live, this.#kept]
    return results.find((one) => one?.key === key && one.bytes.length === length)?.bytes
  }

  #hash(bytes: Uint8Array): Uint8Array {
    const hash = this.#init.hasher.create()
    hash.update(bytes)
    return hash.digest()
  }
}
