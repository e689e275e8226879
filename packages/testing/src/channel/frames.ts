import type { Channel } from '@daa-compute/interface'
import { expect, it } from 'vitest'
import { pattern, sameBytes } from '../traffic.ts'
import { type ChannelStage, take } from './setup.ts'

/** What frames are: whole, in order, and no longer than the limit. */
export function itCarriesFrames({ connect, drive }: ChannelStage): void {
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
}
