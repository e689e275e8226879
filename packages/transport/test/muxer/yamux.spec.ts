import type { MessageStream, Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, it } from 'vitest'
import { borrowFrom } from '../../src/lending.ts'
import { leanYamux } from '../../src/muxer/yamux.ts'
import { join } from '../../src/noise/records/record-writer.ts'
import { bytes, closed, createRecordPair, same } from '../support/record-pair.ts'

const muxers = { ours: leanYamux(), stock: yamux() } as const

interface Ends {
  readonly near: StreamMuxer
  readonly far: StreamMuxer
  readonly connections: readonly [MessageStream, MessageStream]
  /** Streams that the near end has opened, as the far end has them. */
  readonly arrived: Stream[]
}

/** Muxers over encrypted connections, whose read memory is overwritten after use. */
function connect(
  one: () => StreamMuxerFactory,
  other: () => StreamMuxerFactory,
  alter?: (all: Uint8Array) => Uint8Array[]
): Ends {
  const { near, far, wire } = createRecordPair()
  if (alter !== undefined) wire.alter = alter
  const ends = [one().createStreamMuxer(near), other().createStreamMuxer(far)] as const
  const arrived: Stream[] = []
  ends[1].addEventListener('stream', ({ detail }) => arrived.push(detail))
  return { near: ends[0], far: ends[1], connections: [near, far], arrived }
}

async function send(stream: Stream, data: Uint8Array): Promise<void> {
  if (stream.send(data)) return
  await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
}

type Reader = 'listens' | 'borrows' | 'pauses'

/** What a stream gives, to a reader who copies what he borrows or keeps what he is given. */
function read(stream: Stream, reader: Reader): () => Uint8Array {
  const parts: Uint8Array[] = []
  if (reader !== 'listens') borrowFrom(stream, (loan) => take(loan.slice()))
  stream.addEventListener('message', ({ data }) => {
    take(...(data instanceof Uint8Array ? [data] : data))
  })
  function take(...more: Uint8Array[]): void {
    parts.push(...more)
    if (reader !== 'pauses' || stream.readStatus !== 'readable') return
    stream.pause()
    setTimeout(() => {
      if (stream.readStatus === 'paused') stream.resume()
    })
  }
  return () => join(parts)
}

describe.each([
  ['ours', 'ours'],
  ['ours', 'stock'],
  ['stock', 'ours']
] as const)('yamux between %s and %s', (one, other) => {
  it('carries streams side by side, whoever reads them and however they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            sends: fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 5 }),
            reader: fc.constantFrom<Reader[]>('listens', 'borrows', 'pauses')
          }),
          { minLength: 1, maxLength: 4 }
        ),
        fc.array(fc.integer({ min: 500, max: 80_000 }), { minLength: 1, maxLength: 5 }),
        async (plans, cuts) => {
          let turn = 0
          const { near, arrived } = connect(muxers[one], muxers[other], (all) => {
            const pieces: Uint8Array[] = []
            for (let at = 0; at < all.byteLength;) {
              const end = at + (cuts[turn++ % cuts.length] ?? 1)
              pieces.push(all.subarray(at, end))
              at = end
            }
            return pieces
          })
          const streams: Stream[] = []
          for (const _ of plans) streams.push(await near.createStream())
          await expect.poll(() => arrived.length, { interval: 1 }).toBe(plans.length)
          const received = arrived.map((stream, i) => read(stream, plans[i]?.reader ?? 'listens'))
          const sent = await Promise.all(
            streams.map(async (stream, i) => {
              const parts = (plans[i]?.sends ?? []).map((length, j) => bytes(length, 10 * i + j))
              for (const part of parts) await send(stream, part)
              await stream.close()
              return join(parts)
            })
          )
          for (const [i, all] of sent.entries()) {
            await expect
              .poll(() => received[i]?.().byteLength, { interval: 1, timeout: 10_000 })
              .toBe(all.byteLength)
            expect(same(received[i]?.() ?? new Uint8Array(), all)).toBe(true)
          }
        }
      ),
      { numRuns: 15 }
    )
  }, 60_000)

  it('holds the sender up while nobody reads, and lets it go on', async () => {
    const { near, arrived } = connect(muxers[one], muxers[other])
    const stream = await near.createStream()
    await expect.poll(() => arrived.length).toBe(1)
    const far = arrived[0] as Stream
    far.pause()
    const received = read(far, 'listens')
    const length = 2 ** 20
    const sending = (async () => {
      for (let at = 0; at < length; at += 2 ** 16) await send(stream, bytes(2 ** 16, at >>> 16))
    })()
    await expect.poll(() => far.readBufferLength).toBe(256 * 1024)
    expect(stream.writableNeedsDrain).toBe(true)
    far.resume()
    await sending
    await expect.poll(() => received().byteLength).toBe(length)
  })

  it('ends each half by itself', async () => {
    const { near, far, arrived } = connect(muxers[one], muxers[other])
    const stream = await near.createStream()
    await expect.poll(() => arrived.length).toBe(1)
    const remote = arrived[0] as Stream
    const [received, answer, end] = [
      read(remote, 'borrows'),
      read(stream, 'borrows'),
      closed(stream)
    ]
    await send(stream, bytes(10))
    await stream.close()
    await expect.poll(() => remote.remoteWriteStatus).toBe('closed')
    expect([...received()]).toEqual([...bytes(10)])
    await send(remote, bytes(20, 1))
    await remote.close()
    expect(await end).toBeUndefined()
    expect([...answer()]).toEqual([...bytes(20, 1)])
    await expect.poll(() => [near.streams.length, far.streams.length]).toEqual([0, 0])
  })

  it('resets one stream and leaves the others alone', async () => {
    const { near, arrived } = connect(muxers[one], muxers[other])
    const [first, second] = [await near.createStream(), await near.createStream()]
    await expect.poll(() => arrived.length).toBe(2)
    const end = closed(arrived[0] as Stream)
    first.abort(new Error('enough'))
    expect(await end).toBeInstanceOf(Error)
    const received = read(arrived[1] as Stream, 'listens')
    await send(second, bytes(3))
    await expect.poll(() => received().byteLength).toBe(3)
  })

  it('opens streams from both ends', async () => {
    const { near, far } = connect(muxers[one], muxers[other])
    const arrived: Stream[] = []
    near.addEventListener('stream', ({ detail }) => arrived.push(detail))
    const stream = await far.createStream()
    await expect.poll(() => arrived.length).toBe(1)
    const received = read(arrived[0] as Stream, 'borrows')
    await send(stream, bytes(100_000))
    await expect.poll(() => received().byteLength).toBe(100_000)
  })

  it('closes with all its streams', async () => {
    const { near, far, arrived } = connect(muxers[one], muxers[other])
    await near.createStream()
    await expect.poll(() => arrived.length).toBe(1)
    await (arrived[0] as Stream).close()
    await near.close()
    await expect.poll(() => far.status).toBe('closed')
    await expect(near.createStream()).rejects.toThrow(/closed/i)
  })
})

describe('yamux of ours', () => {
  it('turns away more streams than it was told to take, and opens no more', async () => {
    const few = leanYamux({ maxInboundStreams: 2, maxOutboundStreams: 3 })
    const { near, arrived } = connect(few, few)
    const streams = [
      await near.createStream(),
      await near.createStream(),
      await near.createStream()
    ]
    const end = closed(streams[2] as Stream)
    expect(await end).toBeInstanceOf(Error)
    expect(arrived).toHaveLength(2)
    await near.createStream()
    await expect(near.createStream()).rejects.toThrow(/3 streams are open/)
  })

  it.each([1, 65_507, 65_508, 262_144, 262_145, 600_000])(
    'leaves a list of %i bytes that it sends as it was, closed right behind it',
    async (length) => {
      const { near, far, arrived } = connect(muxers.ours, muxers.ours)
      const stream = await near.createStream()
      await expect.poll(() => arrived.length).toBe(1)
      const received = read(arrived[0] as Stream, 'borrows')
      const data = bytes(length, 7)
      const list = new Uint8ArrayList(data.subarray(0, length >> 1), data.subarray(length >> 1))
      stream.send(list)
      const ending = stream.close()
      expect(same(list.slice(), data)).toBe(true)
      await expect.poll(() => received().byteLength).toBe(length)
      await ending
      expect(same(received(), data)).toBe(true)
      await Promise.all([near.close(), far.close()])
    }
  )

  it('says little of windows', async () => {
    const { near, arrived, connections } = connect(muxers.ours, muxers.ours)
    const stream = await near.createStream()
    await expect.poll(() => arrived.length).toBe(1)
    const received = read(arrived[0] as Stream, 'borrows')
    let words = 0
    const [, farConnection] = connections
    const said = farConnection.send.bind(farConnection)
    farConnection.send = (data): boolean => {
      words++
      return said(data)
    }
    for (let i = 0; i < 64; i++) await send(stream, bytes(2 ** 16))
    await expect.poll(() => received().byteLength).toBe(2 ** 22)
    // the half of a window each time, and the window may have grown
    expect(words).toBeGreaterThan(0)
    expect(words).toBeLessThanOrEqual(32)
  })

  it.each([
    ['BAD_FRAME', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
    ['BAD_FRAME', Uint8Array.of(0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
    ['BAD_FRAME', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['BAD_STREAM', Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0)],
    ['BAD_PING', Uint8Array.of(0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0)],
    ['WINDOW_EXCEEDED', Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 4, 0, 1)],
    // for a stream that never was
    ['WINDOW_EXCEEDED', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 255, 255, 255, 255)],
    ['WINDOW_EXCEEDED', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 0, 64, 0, 1)],
    ['WINDOW_OVERFLOW', Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 1, 255, 255, 255, 255)]
  ])('refuses a remote that is faulty: %s', async (code, frame) => {
    const { near, far } = createRecordPair()
    const muxer = leanYamux()().createStreamMuxer(far)
    const [end, told] = [closed(far), [] as number[]]
    near.addEventListener('message', ({ data }) => told.push(...data.subarray()))
    near.send(frame)
    expect(await end).toMatchObject({ name: 'MuxerError', code })
    expect(muxer.status).toBe('closed')
    // GoAway, for a protocol error
    await expect.poll(() => told.slice(-12)).toEqual([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  })

  it('refuses a remote that opens and resets streams, and does not read', async () => {
    const { near, far, connections } = createRecordPair()
    const muxer = leanYamux()().createStreamMuxer(far)
    const end = closed(far)
    muxer.addEventListener('stream', ({ detail }) => void detail.send(new Uint8Array(10_000)))
    const full = connections[1] as unknown as { sendData(data: Uint8Array): unknown }
    full.sendData = () => ({ sentBytes: 0, canSendMore: false })
    const streams = 1000
    for (let i = 0; i < 20 && far.status === 'open'; i++) {
      for (const flag of [1, 8]) {
        const frames = new Uint8Array(12 * streams)
        const view = new DataView(frames.buffer)
        for (let at = 0; at < frames.byteLength; at += 12) {
          frames.set([0, 1, 0, flag], at)
          view.setUint32(at + 4, at / 6 + 1 + i * 2 * streams)
        }
        if (near.status === 'open') near.send(frames)
        await new Promise((resolve) => setTimeout(resolve))
      }
    }
    expect(await end).toMatchObject({ code: 'NOT_READING' })
  })

  it('refuses a remote that asks and does not read', async () => {
    const { near, far, connections } = createRecordPair()
    leanYamux()().createStreamMuxer(far)
    const end = closed(far)
    const full = connections[1] as unknown as { sendData(data: Uint8Array): unknown }
    full.sendData = () => ({ sentBytes: 0, canSendMore: false })
    const pings = new Uint8Array(12 * 1000)
    for (let at = 0; at < pings.byteLength; at += 12) pings.set([0, 2, 0, 1], at)
    for (let i = 0; i < 20 && far.status === 'open'; i++) {
      near.send(pings)
      await new Promise((resolve) => setTimeout(resolve))
    }
    expect(await end).toMatchObject({ code: 'NOT_READING' })
  })
})
