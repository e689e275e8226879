import { expect, it } from 'vitest'
import { pattern, quiet, sameBytes } from '../traffic.ts'
import { type ChannelStage, MIB, take } from './setup.ts'

/** What giving up a call by its signal does to the channel, and to other calls. */
export function itLetsCallsBeGivenUp({ connect, drive, pause, maxInFlight }: ChannelStage): void {
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
}
