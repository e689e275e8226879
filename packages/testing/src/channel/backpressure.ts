import { expect, it } from 'vitest'
import { pattern, quiet, sameBytes } from '../traffic.ts'
import { type ChannelStage, MIB, take } from './setup.ts'

/** What happens while nobody reads: the sender waits, its memory is its own again when a send resolves. */
export function itHoldsSendersBack({ connect, drive, pause, maxInFlight }: ChannelStage): void {
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
}
