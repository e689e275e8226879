import { expect, it } from 'vitest'
import { pattern, quiet, sameBytes } from '../traffic.ts'
import { type ChannelStage, MIB, take } from './setup.ts'

/** How channels end, by a polite close or by an abort, and what becomes of calls then. */
export function itEnds({ connect, drive, pause, maxInFlight }: ChannelStage): void {
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
    const sending = (async () => {
      const frame = new Uint8Array(Math.min(far.maxFrameLength, 64 * 1024))
      for (let sent = 0; sent < 4 * maxInFlight; sent += frame.byteLength) await far.send(frame)
    })()
    await drive(near.close())
    expect(await drive(near.closed)).toBeUndefined()
    // it ends: either all was taken and dropped, or the end is noticed
    await drive(sending.catch(() => undefined))
    expect(await drive(far.receive())).toBeUndefined()
    expect(await drive(far.closed)).toBeUndefined()
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

  it.each(['near', 'far'] as const)('settles blocked sends when the %s end aborts', async (end) => {
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
  })

  it('does nothing on an abort after a polite close', async () => {
    const { near, far } = await connect()
    await drive(Promise.all([near.close(), far.receive()]))
    await drive(near.closed)
    near.abort(new Error('too late'))
    expect(await drive(near.closed)).toBeUndefined()
    expect(await drive(far.closed)).toBeUndefined()
  })
}
