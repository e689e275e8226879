import type { Channel } from '@daa-compute/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTurn, pattern, quiet, sameBytes } from './traffic.ts'

/** Two ends of one channel, fresh, and how to take them and all below them down. */
export interface ChannelPair {
  readonly near: Channel
  readonly far: Channel
  dispose(): Promise<void>
}

/** What the suite needs to know of an implementation of `Channel`. */
export interface ChannelConformanceSetup {
  /** Makes a pair; called once per test. */
  connect(): Promise<ChannelPair>
  /**
   * Awaits work on the implementation: where time is virtual, moves it forward
   * meanwhile. Default: awaits.
   */
  drive?<T>(work: Promise<T>): Promise<T>
  /**
   * Lets a little time pass in which the implementation can get on with its work; awaited inside
   * of `drive`. Default: a turn of the event loop, which is nothing where time is virtual.
   */
  pause?(): Promise<void>
  /**
   * What a paused reader may hold up at most, in bytes, on the whole way.
   *
   * @default 32 MiB
   */
  readonly maxInFlight?: number
}

const MIB = 2 ** 20

/** Registers tests of everything the contract `Channel` promises. */
export function channelConformance(name: string, setup: ChannelConformanceSetup): void {
  const maxInFlight = setup.maxInFlight ?? 32 * MIB
  const drive = <T>(work: Promise<T>): Promise<T> => setup.drive?.(work) ?? work
  const pause = (): Promise<void> => setup.pause?.() ?? nextTurn()

  describe(`${name}: Channel`, () => {
    let pair: ChannelPair | undefined

    async function connect(): Promise<{ near: Channel; far: Channel }> {
      pair = await drive(setup.connect())
      return pair
    }

    afterEach(async () => {
      const used = pair
      pair = undefined
      if (used !== undefined) await drive(used.dispose())
    })

    /** Receives one frame and copies it out of the channel's memory. */
    async function take(channel: Channel): Promise<Uint8Array> {
      const frame = await channel.receive()
      if (frame === undefined) throw new Error('the channel ended, a frame was expected')
      return frame.slice()
    }

    it('carries frames of any length both ways, in order', async () => {
      const { near, far } = await connect()
      const max = near.maxFrameLength
      expect(far.maxFrameLength).toBe(max)
      const lengths = [0, 1, 3, 255, 0, 4096, 65_535, 65_536, 262_140, max - 1, max, 7]
      const send = async (channel: Channel, salt: number): Promise<void> => {
        for (const [i, length] of lengths.entries()) {
          await channel.send(pattern(Math.min(length, max), salt + i))
        }
      }
      const check = async (channel: Channel, salt: number): Promise<void> => {
        for (const [i, length] of lengths.entries()) {
          sameBytes(await take(channel), pattern(Math.min(length, max), salt + i))
        }
      }
      await drive(Promise.all([send(near, 100), check(far, 100), send(far, 500), check(near, 500)]))
    })

    it('sends several arrays as one frame', async () => {
      const { near, far } = await connect()
      const parts = [3, 0, 5000, 1, 70_000, 0].map((length, i) => pattern(length, i))
      const whole = new Uint8Array(75_004)
      let at = 0
      for (const part of parts) {
        whole.set(part, at)
        at += part.byteLength
      }
      const work = Promise.all([near.send(parts), near.send([]), take(far)])
      sameBytes((await drive(work))[2], whole)
      expect((await drive(take(far))).byteLength).toBe(0)
    })

    it('sends views of larger buffers and arrays that are shared by frames', async () => {
      const { near, far } = await connect()
      const slab = pattern(10_000, 9)
      const views = [slab.subarray(1, 4000), slab.subarray(1, 4000), slab.subarray(9999)]
      const work = (async () => {
        for (const view of views) void near.send(view)
        for (const view of views) sameBytes(await take(far), view)
      })()
      await drive(work)
    })

    it('aligns received frames to eight bytes', async () => {
      const { near, far } = await connect()
      const work = (async () => {
        for (let length = 0; length < 40; length++) void near.send(pattern(length, length))
        for (let length = 0; length < 40; length++) {
          const frame = await far.receive()
          expect(frame?.byteLength).toBe(length)
          expect((frame?.byteOffset ?? 1) % 8).toBe(0)
        }
      })()
      await drive(work)
    })

    it('keeps the order of calls that are not awaited', async () => {
      const { near, far } = await connect()
      const count = 300
      const sent = Array.from({ length: count }, (_, i) => near.send(pattern((i * 997) % 9000, i)))
      const work = (async () => {
        for (let i = 0; i < count; i++) {
          sameBytes(await take(far), pattern((i * 997) % 9000, i))
        }
        await Promise.all(sent)
      })()
      await drive(work)
    })

    it('gives the memory of a frame back when send resolves, however late it is read', async () => {
      const { near, far } = await connect()
      const length = Math.min(near.maxFrameLength, 200_000)
      const count = Math.ceil((maxInFlight + 16 * MIB) / length)
      const memory = new Uint8Array(length)
      let sent = 0
      const sending = (async () => {
        for (; sent < count; sent++) {
          memory.set(pattern(length, sent))
          await near.send([memory.subarray(0, 100), memory.subarray(100)])
          memory.fill(0xee)
        }
      })()
      await drive(quiet(() => sent, pause))
      const work = (async () => {
        for (let i = 0; i < count; i++) sameBytes(await take(far), pattern(length, i))
        await sending
      })()
      await drive(work)
    })

    it('makes the sender wait while nobody reads, and loses nothing', async () => {
      const { near, far } = await connect()
      const length = Math.min(near.maxFrameLength, 256 * 1024)
      const count = Math.ceil((Math.max(32 * MIB, maxInFlight) + 32 * MIB) / length)
      const frame = pattern(length, 1)
      let sent = 0
      const sending = (async () => {
        for (; sent < count; sent++) await near.send(frame)
      })()
      await drive(quiet(() => sent, pause))
      expect(sent * length).toBeLessThanOrEqual(maxInFlight)
      // stop reading once more half way
      const work = (async () => {
        for (let i = 0; i < count / 2; i++) sameBytes(await take(far), frame)
        await quiet(() => sent, pause)
        expect(sent * length).toBeLessThanOrEqual((count / 2) * length + maxInFlight)
        for (let i = Math.ceil(count / 2); i < count; i++) sameBytes(await take(far), frame)
        await sending
      })()
      await drive(work)
    })

    it('does not let one direction hold up the other', async () => {
      const { near, far } = await connect()
      const length = Math.min(near.maxFrameLength, 256 * 1024)
      let sent = 0
      const blocked = (async () => {
        for (;;) {
          await near.send(new Uint8Array(length))
          sent++
        }
      })()
      blocked.catch(() => {})
      await drive(quiet(() => sent, pause))
      await drive(Promise.all([far.send(pattern(1000, 1)), take(near)]))
      near.abort(new Error('done'))
      await drive(expect(blocked).rejects.toThrow('done'))
    })

    it('refuses a second receive while one waits', async () => {
      const { near, far } = await connect()
      const first = take(far)
      await drive(
        expect(far.receive()).rejects.toMatchObject({
          code: 'CONCURRENT_RECEIVE',
          detail: { peer: far.peer }
        })
      )
      await drive(Promise.all([near.send(pattern(5, 5)), first]))
      sameBytes(await first, pattern(5, 5))
    })

    it('refuses to send a frame above the limit and stays usable', async () => {
      const { near, far } = await connect()
      const limit = near.maxFrameLength
      const tooLarge = [new Uint8Array(limit), new Uint8Array(1)]
      await drive(
        expect(near.send(tooLarge)).rejects.toMatchObject({
          code: 'FRAME_TOO_LARGE',
          detail: { peer: near.peer, length: limit + 1, limit }
        })
      )
      const work = Promise.all([near.send(pattern(9, 9)), take(far)])
      sameBytes((await drive(work))[1], pattern(9, 9))
    })

    it('delivers what was sent before a close, then ends at both ends', async () => {
      const { near, far } = await connect()
      const count = 40
      const sent = Array.from({ length: count }, (_, i) => near.send(pattern(100_000, i)))
      const closing = near.close()
      const work = (async () => {
        for (let i = 0; i < count; i++) sameBytes(await take(far), pattern(100_000, i))
        expect(await far.receive()).toBeUndefined()
        expect(await far.receive()).toBeUndefined()
        await Promise.all(sent)
        await closing
        await near.close()
        await far.close()
        expect(await near.closed).toBeUndefined()
        expect(await far.closed).toBeUndefined()
      })()
      await drive(work)
    })

    it('ends a waiting receive when the remote closes', async () => {
      const { near, far } = await connect()
      const waiting = far.receive()
      await drive(near.close())
      expect(await drive(waiting)).toBeUndefined()
      expect(await drive(far.closed)).toBeUndefined()
    })

    it('rejects what is called at the end that closed', async () => {
      const { near } = await connect()
      const closed = { code: 'CLOSED', detail: { peer: near.peer } }
      const waiting = expect(near.receive()).rejects.toMatchObject(closed)
      const closing = near.close()
      const sent = expect(near.send(pattern(1, 1))).rejects.toMatchObject(closed)
      await drive(Promise.all([waiting, sent, closing]))
      await drive(expect(near.receive()).rejects.toMatchObject(closed))
      await drive(expect(near.send(pattern(1, 1))).rejects.toMatchObject(closed))
    })

    it('discards what the remote sends after a close', async () => {
      const { near, far } = await connect()
      let stopped = false
      const sending = (async () => {
        const frame = new Uint8Array(Math.min(far.maxFrameLength, 64 * 1024))
        for (let sent = 0; sent < 4 * maxInFlight; sent += frame.byteLength) await far.send(frame)
      })().catch(() => {
        stopped = true
      })
      await drive(near.close())
      expect(await drive(near.closed)).toBeUndefined()
      await drive(sending)
      // it ended: either all was taken and dropped, or the end was noticed
      expect([true, false]).toContain(stopped)
      expect(await drive(far.receive())).toBeUndefined()
    })

    it('lets both ends close at once', async () => {
      const { near, far } = await connect()
      await drive(Promise.all([near.close(), far.close()]))
      expect(await drive(near.closed)).toBeUndefined()
      expect(await drive(far.closed)).toBeUndefined()
    })

    it('fails both ends on abort and settles every call', async () => {
      const { near, far } = await connect()
      const error = new Error('the first error counts')
      const reset = { code: 'RESET', detail: { peer: far.peer } }
      const nearWaits = expect(near.receive()).rejects.toBe(error)
      const farWaits = expect(far.receive()).rejects.toMatchObject(reset)
      near.abort(error)
      near.abort(new Error('a later one does not'))
      await drive(Promise.all([nearWaits, farWaits]))
      expect(await drive(near.closed)).toBe(error)
      expect(await drive(far.closed)).toMatchObject(reset)
      await drive(expect(near.send(pattern(1, 1))).rejects.toBe(error))
      await drive(expect(near.receive()).rejects.toBe(error))
      await drive(expect(far.send(pattern(1, 1))).rejects.toMatchObject(reset))
      await drive(expect(far.receive()).rejects.toMatchObject(reset))
      await drive(Promise.all([near.close(), far.close()]))
    })

    it.each(['near', 'far'] as const)(
      'settles blocked sends when the %s end aborts',
      async (end) => {
        const { near, far } = await connect()
        let settled = 0
        let failed = 0
        const count = Math.ceil((maxInFlight + 8 * MIB) / near.maxFrameLength)
        const frame = new Uint8Array(near.maxFrameLength)
        const sends = Array.from({ length: count }, () =>
          near.send(frame).then(
            () => settled++,
            () => failed++
          )
        )
        await drive(quiet(() => settled, pause))
        expect(settled).toBeLessThan(count)
        const error = new Error('enough')
        if (end === 'near') near.abort(error)
        else far.abort(error)
        await drive(Promise.all(sends))
        expect(settled + failed).toBe(count)
        expect(failed).toBeGreaterThan(0)
      }
    )

    it('does nothing on an abort after a polite close', async () => {
      const { near, far } = await connect()
      await drive(Promise.all([near.close(), far.receive()]))
      await drive(near.closed)
      near.abort(new Error('too late'))
      expect(await drive(near.closed)).toBeUndefined()
      expect(await drive(far.closed)).toBeUndefined()
    })

    it('loses no frame when a receive is given up', async () => {
      const { near, far } = await connect()
      const reason = new Error('no patience')
      await drive(expect(far.receive({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason))
      const controller = new AbortController()
      const waiting = expect(far.receive({ signal: controller.signal })).rejects.toBe(reason)
      controller.abort(reason)
      await drive(waiting)
      const work = Promise.all([near.send(pattern(77, 7)), take(far)])
      sameBytes((await drive(work))[1], pattern(77, 7))
    })

    it('gives up a send that waits', async () => {
      const { near } = await connect()
      const reason = new Error('no patience')
      await drive(
        expect(near.send(pattern(1, 1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      )
      const controller = new AbortController()
      let sent = 0
      const sending = (async () => {
        for (;;) {
          await near.send(new Uint8Array(near.maxFrameLength), { signal: controller.signal })
          sent++
        }
      })()
      const rejected = expect(sending).rejects.toBe(reason)
      await drive(quiet(() => sent, pause))
      controller.abort(reason)
      await drive(rejected)
    })

    it('drops a frame that was given up before its turn, and only that', async () => {
      const { near, far } = await connect()
      const reason = new Error('changed my mind')
      const controller = new AbortController()
      const length = near.maxFrameLength
      const count = Math.ceil((maxInFlight + 8 * MIB) / length)
      let settled = 0
      const sends = Array.from({ length: count }, () =>
        near.send(new Uint8Array(length)).then(() => settled++)
      )
      await drive(quiet(() => settled, pause))
      const dropped = expect(near.send(pattern(10, 1), { signal: controller.signal })).rejects.toBe(
        reason
      )
      const last = near.send(pattern(20, 2))
      controller.abort(reason)
      await drive(dropped)
      const work = (async () => {
        for (let i = 0; i < count; i++) expect((await far.receive())?.byteLength).toBe(length)
        sameBytes(await take(far), pattern(20, 2))
        await Promise.all(sends)
        await last
      })()
      await drive(work)
    })

    it('fails a close that is given up', async () => {
      const { near } = await connect()
      const length = near.maxFrameLength
      const count = Math.ceil((maxInFlight + 8 * MIB) / length)
      let settled = 0
      const sends = Array.from({ length: count }, () =>
        near.send(new Uint8Array(length)).then(
          () => settled++,
          () => {}
        )
      )
      await drive(quiet(() => settled, pause))
      const reason = new Error('no patience')
      const controller = new AbortController()
      const closing = expect(near.close({ signal: controller.signal })).rejects.toBe(reason)
      controller.abort(reason)
      await drive(closing)
      await drive(Promise.all(sends))
      expect(await drive(near.closed)).toBe(reason)
    })
  })
}
