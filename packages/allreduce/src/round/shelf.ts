import type { Channel, Clock, Connector, PeerId } from '@daa-compute/interface'
import { createReader, createWriter } from '@daa-compute/wire'
import { asError } from '../as-error.ts'
import { FETCH_FRAME_LENGTH, FETCH_STALL_MS } from '../constants.ts'
import { createDeadline } from '../mesh/deadline.ts'
import { DIGEST_LENGTH, toHex } from './digest.ts'

export interface ShelfInit {
  readonly run: string
  readonly connector: Connector
  readonly clock: Clock
}

/**
 * Hands results to members that missed the end of a round: as long as its caller
 * waits for the verdict the result lies in the caller's own array, later in a copy,
 * of which there is one at most.
 */
export class Shelf {
  readonly #init: ShelfInit
  readonly #protocol: string
  #result: { readonly key: string; readonly bytes: Uint8Array } | undefined
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
    this.#result = undefined
    await this.#end?.()
  }

  /** A result is here, where its caller keeps it. */
  put(digest: Uint8Array, bytes: Uint8Array): void {
    this.#result = { key: toHex(digest), bytes }
  }

  /** The caller gets its array back; others may still need the result. */
  keep(): void {
    if (this.#result === undefined) return
    const { key, bytes } = this.#result
    if (this.#copy.length < bytes.length) this.#copy = new Uint8Array(bytes.length)
    this.#copy.set(bytes)
    this.#result = { key, bytes: this.#copy.subarray(0, bytes.length) }
  }

  /** Nobody needs it any more. */
  clear(): void {
    this.#result = undefined
  }

  /**
   * Gets a result from one of its holders into `out`.
   *
   * @throws what the last of them said, when none hands it over
   */
  async fetch(digest: Uint8Array, holders: readonly PeerId[], out: Uint8Array): Promise<void> {
    let failure: Error = new Error('nobody holds the result')
    for (const peer of holders) {
      try {
        await this.#fetchFrom(peer, digest, out)
        return
      } catch (error) {
        failure = asError(error)
      }
    }
    throw failure
  }

  async #fetchFrom(peer: PeerId, digest: Uint8Array, out: Uint8Array): Promise<void> {
    const { connector, clock } = this.#init
    const what = `a result from ${peer}`
    using opening = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
    const channel = await connector.open(peer, this.#protocol, { signal: opening.signal })
    try {
      const request = createWriter(64).bytes(digest).uint53(out.length).finish()
      await channel.send(request, { signal: opening.signal })
      let filled = 0
      do {
        using deadline = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
        const frame = await channel.receive({ signal: deadline.signal })
        if (frame === undefined) throw new Error(`${peer} does not hold the result`)
        if (filled + frame.length > out.length) throw new Error(`${peer} sends too much`)
        out.set(frame, filled)
        filled += frame.length
      } while (filled < out.length)
      void channel.close().catch(() => undefined)
    } catch (error) {
      channel.abort(asError(error))
      throw error
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
    for (let sent = 0; ; sent += FETCH_FRAME_LENGTH) {
      using deadline = createDeadline(clock, FETCH_STALL_MS, what, this.#stopping.signal)
      const { signal } = deadline
      // looked up each time: it may move from the caller's array to the copy, or go
      const result = this.#result
      if (result?.key !== key || result.bytes.length !== length) break
      if (sent > 0 && sent >= length) break
      // a copy: the caller may get its array back while this is on its way
      await channel.send(result.bytes.slice(sent, sent + FETCH_FRAME_LENGTH), { signal })
    }
    await channel.close()
  }
}
