import { systemRandomBytes } from '@daa-compute/crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { MessageStream, SecuredConnection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { HANDSHAKE_MS, MAX_HANDSHAKE_PAYLOAD } from '../../src/constants.ts'
import { messageLength } from '../../src/noise/handshake/patterns.ts'
import { CLASSICAL, HYBRID } from '../../src/noise/protocols.ts'
import {
  collect,
  type End,
  ourEnd,
  portable,
  stockEnd,
  streams,
  SUITES
} from '../support/noise-pair.ts'

const YAMUX = '/yamux/1.0.0'

type Ends = readonly [End, End]
type Secured = readonly [SecuredConnection, SecuredConnection]

async function connect([one, other]: Ends, [near, far] = streams()): Promise<Secured> {
  return Promise.all([
    one.encrypter.secureOutbound(near, { remotePeer: peerIdFromPrivateKey(other.privateKey) }),
    other.encrypter.secureInbound(far)
  ])
}

async function expectWorking([near, far]: Secured, [one, other]: Ends): Promise<void> {
  expect(near.remotePeer.equals(peerIdFromPrivateKey(other.privateKey))).toBe(true)
  expect(far.remotePeer.equals(peerIdFromPrivateKey(one.privateKey))).toBe(true)
  for (const [from, to] of [
    [near.connection, far.connection],
    [far.connection, near.connection]
  ] as const) {
    const received = collect(to)
    const sent = systemRandomBytes(60_000)
    from.send(sent.subarray(0, 7))
    from.send(sent.subarray(7))
    expect(sameBytes(await received(sent.length), sent)).toBe(true)
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** What is left on a stream after a handshake that failed: nothing. */
function listeners(stream: MessageStream): number {
  const counted = stream as MessageStream & { listenerCount(type: string): number }
  return ['message', 'remoteCloseWrite'].reduce((sum, type) => sum + counted.listenerCount(type), 0)
}

const refusal = (code: string, detail?: object): unknown =>
  expect.objectContaining({ name: 'HandshakeError', code, ...(detail && { detail }) })

afterEach(() => {
  vi.useRealTimers()
})

describe('classical Noise and the stock one', () => {
  it.each([
    ['ours dials', async (): Promise<Ends> => [await ourEnd(), await stockEnd()]],
    ['stock dials', async (): Promise<Ends> => [await stockEnd(), await ourEnd()]],
    [
      'ours dials, portable',
      async (): Promise<Ends> => [await ourEnd({ primitives: portable }), await stockEnd()]
    ],
    [
      'stock dials, portable',
      async (): Promise<Ends> => [await stockEnd(), await ourEnd({ primitives: portable })]
    ]
  ])('understand each other: %s', async (_, make) => {
    const ends = await make()
    await expectWorking(await connect(ends), ends)
  })

  it.each(['RSA', 'secp256k1'] as const)('know each other by keys of %s', async (type) => {
    const privateKey = await (type === 'RSA' ? generateKeyPair(type, 2048) : generateKeyPair(type))
    for (const ends of [
      [await ourEnd({ privateKey }), await stockEnd()],
      [await stockEnd(), await ourEnd({ privateKey })]
    ] as const) {
      await expectWorking(await connect(ends), ends)
    }
  })

  it('choose the multiplexer during the handshake', async () => {
    for (const ends of [
      [await ourEnd({ muxers: [YAMUX] }), await stockEnd([YAMUX])],
      [await stockEnd([YAMUX]), await ourEnd({ muxers: [YAMUX] })]
    ] as const) {
      const secured = await connect(ends)
      expect(secured.map(({ streamMuxer }) => streamMuxer?.protocol)).toEqual([YAMUX, YAMUX])
    }
  })

  it('pass over what only one of them knows in the payload', async () => {
    const offered = [HYBRID.protocol, CLASSICAL.protocol]
    const ends: Ends = [await ourEnd({ offered }), await stockEnd()]
    await expectWorking(await connect(ends), ends)
  })
})

describe.each(SUITES)('$protocol', (suite) => {
  const ours = (options = {}) => ourEnd({ suite, ...options })

  it('connects two ends', async () => {
    const ends: Ends = [await ours(), await ours()]
    await expectWorking(await connect(ends), ends)
  })

  it('connects native and portable primitives', async () => {
    for (const ends of [
      [await ours({ primitives: portable }), await ours()],
      [await ours(), await ours({ primitives: portable })]
    ] as const) {
      await expectWorking(await connect(ends), ends)
    }
  })

  it('refuses an identity that no peer can have', async () => {
    const privateKey = await generateKeyPair('ECDSA')
    const ends: Ends = [await ours(), await ours({ privateKey })]
    const [near, far] = streams()
    const inbound: Promise<unknown> = ends[1].encrypter.secureInbound(far)
    inbound.catch(() => {})
    await expect(ends[0].encrypter.secureOutbound(near)).rejects.toEqual(refusal('BAD_PAYLOAD'))
  })

  it('connects many times with one signature', async () => {
    const [one, other] = [await ours(), await ours()]
    const sign = vi.spyOn(one.privateKey, 'sign')
    for (let i = 0; i < 3; i++) await connect([one, other])
    expect(sign).toHaveBeenCalledOnce()
  })

  it.each([0, 1, 2])('takes no message %i that somebody on the way has altered', async (index) => {
    const length = messageLength(suite.pattern, index)
    // behind the length, which would only make it wait
    for (const place of [2, 33, 2 + Math.floor(length / 2), length + 1]) {
      const [near, far] = streams()
      flip(index === 1 ? far : near, index === 2 ? 1 : 0, place)
      const outbound: Promise<unknown> = (await ours()).encrypter.secureOutbound(near)
      const inbound: Promise<unknown> = (await ours()).encrypter.secureInbound(far)
      const outcomes = await Promise.allSettled([outbound, inbound])
      const failed = outcomes.filter(({ status }) => status === 'rejected')
      // who sends the last message is done by then
      expect(failed).toHaveLength(index === 2 ? 1 : 2)
      expect(failed).toContainEqual({ status: 'rejected', reason: refusal('BAD_MESSAGE') })
    }
  })

  it('signs again where that has failed', async () => {
    const [one, other] = [await ours(), await ours()]
    vi.spyOn(one.privateKey, 'sign').mockImplementationOnce(() => {
      throw new Error('locked')
    })
    const [near, far] = streams()
    const inbound: Promise<unknown> = other.encrypter.secureInbound(far)
    inbound.catch(() => {})
    await expect(one.encrypter.secureOutbound(near)).rejects.toThrow('locked')
    await expect(inbound).rejects.toEqual(refusal('CLOSED', { message: 1 }))
    await expectWorking(await connect([one, other]), [one, other])
  })

  it('takes messages that come byte by byte, and records right behind the last one', async () => {
    const ends: Ends = [await ours(), await ours()]
    const [near, far] = streams()
    const tap = new Shredder(near, far)
    const [nearDone, farDone] = [
      ends[0].encrypter.secureOutbound(tap.near),
      ends[1].encrypter.secureInbound(tap.far)
    ]
    const secured = await nearDone
    secured.connection.send(Uint8Array.of(1, 2, 3))
    const received = collect((await farDone).connection)
    expect([...(await received(3))]).toEqual([1, 2, 3])
  })

  it('leaves no timer running', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const connecting = connect([await ours(), await ours()])
    await vi.advanceTimersByTimeAsync(HANDSHAKE_MS / 2)
    const [near, far] = await connecting
    expect(vi.getTimerCount()).toBe(0)
    const result = (await ours()).encrypter.secureInbound(streams()[0], {
      signal: AbortSignal.abort(new Error('over'))
    })
    await expect(result).rejects.toThrow('over')
    await vi.advanceTimersByTimeAsync(HANDSHAKE_MS / 2)
    expect(vi.getTimerCount()).toBe(0)
    expect([near.connection.status, far.connection.status]).toEqual(['open', 'open'])
  })

  it('prefers the initiator’s multiplexer', async () => {
    const ends: Ends = [
      await ours({ muxers: ['/a', '/b', '/c'] }),
      await ours({ muxers: ['/c', '/b'] })
    ]
    const secured = await connect(ends)
    expect(secured.map(({ streamMuxer }) => streamMuxer?.protocol)).toEqual(['/b', '/b'])
  })

  it('refuses an end without a common multiplexer', async () => {
    const ends: Ends = [await ours({ muxers: ['/a'] }), await ours({ muxers: ['/b'] })]
    const [near, far] = streams()
    await expect(connect(ends, [near, far])).rejects.toEqual(
      refusal('NO_COMMON_MUXER', { offered: ['/a'], remote: ['/b'] })
    )
  })

  it('refuses another peer than the one that was dialled', async () => {
    const [one, other] = [await ours(), await ours()]
    const [near, far] = streams()
    const expected = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    const inbound = other.encrypter.secureInbound(far)
    inbound.catch(() => {})
    await expect(one.encrypter.secureOutbound(near, { remotePeer: expected })).rejects.toEqual(
      refusal('PEER_MISMATCH', {
        expected: expected.toString(),
        actual: peerIdFromPrivateKey(other.privateKey).toString()
      })
    )
    await expect(inbound).rejects.toEqual(refusal('CLOSED', { message: 3 }))
    expect([near.status, listeners(near), listeners(far)]).toEqual(['aborted', 0, 0])
  })

  it('refuses a signature by another key, from either end', async () => {
    const forger = await generateKeyPair('Ed25519')
    const [honest, liar] = [await ours(), await ours({ forger })]
    const peer = peerIdFromPrivateKey(liar.privateKey).toString()
    for (const [name, ends] of [
      ['secureOutbound', [honest, liar]],
      ['secureInbound', [liar, honest]]
    ] as const) {
      const [near, far] = streams()
      const outbound: Promise<unknown> = ends[0].encrypter.secureOutbound(near)
      const inbound: Promise<unknown> = ends[1].encrypter.secureInbound(far)
      const [mine, theirs] = name === 'secureOutbound' ? [outbound, inbound] : [inbound, outbound]
      theirs.catch(() => {})
      await expect(mine).rejects.toEqual(refusal('BAD_SIGNATURE', { peer }))
    }
  })

  describe.each(['secureOutbound', 'secureInbound'] as const)('%s', (side) => {
    /** The number of the message that is awaited first, from 1. */
    const number = side === 'secureOutbound' ? 2 : 1
    const shortest = messageLength(suite.pattern, number - 1)

    async function face(
      bytes: Uint8Array,
      { leaves = false }: { readonly leaves?: boolean } = {}
    ): Promise<{ readonly result: Promise<unknown>; readonly stream: MessageStream }> {
      const [stream, remote] = streams()
      const { encrypter } = await ours()
      const result = encrypter[side](stream)
      result.catch(() => {})
      if (bytes.length > 0) remote.send(bytes)
      if (leaves) await remote.close()
      return { result, stream }
    }

    const framed = (length: number, body: Uint8Array): Uint8Array =>
      Uint8Array.of(length >>> 8, length & 0xff, ...body)

    it('refuses a message that is announced too long', async () => {
      const limit = number === 1 ? shortest : shortest + MAX_HANDSHAKE_PAYLOAD
      const { result, stream } = await face(framed(limit + 1, new Uint8Array()))
      await expect(result).rejects.toEqual(
        refusal('MESSAGE_TOO_LONG', { message: number, length: limit + 1, limit })
      )
      expect([stream.status, listeners(stream)]).toEqual(['aborted', 0])
    })

    it.each([0, 1, 31])('refuses a message that is announced with %i bytes', async (length) => {
      const { result } = await face(framed(length, new Uint8Array(length)))
      await expect(result).rejects.toEqual(refusal('BAD_MESSAGE', { message: number }))
    })

    it.each([1, 2, 3, 4, 5, 6, 7, 8])('refuses garbage (case %i)', async () => {
      const { result, stream } = await face(systemRandomBytes(20_000), { leaves: true })
      await expect(result).rejects.toEqual(
        expect.objectContaining({
          name: 'HandshakeError',
          code: expect.stringMatching(/BAD_MESSAGE|MESSAGE_TOO_LONG|CLOSED/)
        })
      )
      expect(listeners(stream)).toBe(0)
    })

    it('refuses a message of the right length that is garbage', async () => {
      const { result } = await face(framed(shortest, systemRandomBytes(shortest)))
      if (side === 'secureOutbound') {
        await expect(result).rejects.toEqual(refusal('BAD_MESSAGE', { message: 2 }))
      } else if (suite === HYBRID) {
        // a random KEM key has coefficients that are not reduced
        await expect(result).rejects.toEqual(refusal('BAD_MESSAGE', { message: 1 }))
      } else {
        // any 32 bytes are a key
        await expect(Promise.race([result, Promise.resolve('waits')])).resolves.toBe('waits')
      }
    })

    it('refuses an ephemeral key of low order', async () => {
      const { result } = await face(framed(shortest, new Uint8Array(shortest)))
      await expect(result).rejects.toEqual(refusal('BAD_MESSAGE', { message: number }))
    })

    it('says so when the remote leaves at once, or inside a message', async () => {
      for (const bytes of [new Uint8Array(), framed(shortest, new Uint8Array(shortest - 1))]) {
        const { result, stream } = await face(bytes, { leaves: true })
        // the one who dials may not have sent its first message before
        await expect(result).rejects.toEqual(refusal('CLOSED', { message: expect.any(Number) }))
        expect(listeners(stream)).toBe(0)
      }
    })

    it('leaves nothing behind when it is aborted', async () => {
      const controller = new AbortController()
      const removed = vi.spyOn(controller.signal, 'removeEventListener')
      const [stream] = streams()
      const { encrypter } = await ours()
      const result = encrypter[side](stream, { signal: controller.signal })
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(result).rejects.toBe(reason)
      expect([stream.status, listeners(stream)]).toEqual(['aborted', 0])
      expect(removed).toHaveBeenCalled()
    })

    it('does not begin with a signal that has fired', async () => {
      const [stream, remote] = streams()
      const send = vi.spyOn(stream, 'send')
      const { encrypter } = await ours()
      const signal = AbortSignal.abort(new Error('before'))
      await expect(encrypter[side](stream, { signal })).rejects.toThrow('before')
      expect(send).not.toHaveBeenCalled()
      remote.abort(new Error('over'))
    })

    it('does not wait for ever', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { result, stream } = await face(new Uint8Array())
      await vi.advanceTimersByTimeAsync(HANDSHAKE_MS)
      await expect(result).rejects.toEqual(refusal('TIMEOUT', { limitMs: HANDSHAKE_MS }))
      expect([stream.status, listeners(stream)]).toEqual(['aborted', 0])
    })
  })
})

describe('a choice of encryption that was tampered with', () => {
  const offered = [HYBRID.protocol, CLASSICAL.protocol]

  it('is found out by both ends', async () => {
    const ends: Ends = [await ourEnd({ offered }), await ourEnd({ offered })]
    const [near, far] = streams()
    const outbound = ends[0].encrypter.secureOutbound(near)
    const inbound = ends[1].encrypter.secureInbound(far)
    inbound.catch(() => {})
    const peer = peerIdFromPrivateKey(ends[1].privateKey).toString()
    await expect(outbound).rejects.toEqual(refusal('DOWNGRADE', { peer, suite: HYBRID.protocol }))
  })

  it('is not suspected where one end has classical Noise only', async () => {
    for (const ends of [
      [await ourEnd({ offered }), await ourEnd()],
      [await ourEnd(), await ourEnd({ offered })]
    ] as const) {
      await expectWorking(await connect(ends), ends)
    }
  })

  it('is found out by the end that was dialled, if the other one does not mind', async () => {
    const careless: End = await ourEnd({ offered: [CLASSICAL.protocol, HYBRID.protocol] })
    const careful = await ourEnd({ offered })
    const [near, far] = streams()
    const outbound: Promise<unknown> = careless.encrypter.secureOutbound(near)
    outbound.catch(() => {})
    const peer = peerIdFromPrivateKey(careless.privateKey).toString()
    await expect(careful.encrypter.secureInbound(far)).rejects.toEqual(
      refusal('DOWNGRADE', { peer, suite: HYBRID.protocol })
    )
  })
})

/** Flips a bit of what is sent the given time. */
function flip(stream: MessageStream, time: number, place: number): void {
  const send = stream.send.bind(stream)
  let sent = 0
  stream.send = (data) => {
    const bytes = data.slice()
    if (sent++ === time) bytes[place] = (bytes[place] ?? 0) ^ 4
    return send(bytes)
  }
}

/** Passes the bytes of two streams on one by one. */
class Shredder {
  readonly near: MessageStream
  readonly far: MessageStream

  constructor(near: MessageStream, far: MessageStream) {
    this.near = shredding(near)
    this.far = shredding(far)
  }
}

function shredding(stream: MessageStream): MessageStream {
  const send = stream.send.bind(stream)
  stream.send = (data) => {
    let more = true
    for (const byte of data.subarray()) more = send(Uint8Array.of(byte))
    return more
  }
  return stream
}
