import { peerId } from '@daa-compute/interface'
import type { Channel } from '@daa-compute/interface'
import { FRAME_HEADER_LENGTH, writeFrameHeader } from '@daa-compute/wire'
import type { Stream } from '@libp2p/interface'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_MAX_FRAME_LENGTH, LINGER_MS } from '../../src/constants.ts'
import { openChannel } from './nodes.ts'
import type { Connectors, Duo } from './nodes.ts'

/** A channel whose other end is a bare stream in the hands of the test. */
interface Assault {
  readonly channel: Channel
  readonly stream: Stream
}

const PROTOCOL = '/test/hostile/1'

/** Registers tests of what a peer can do that does not keep to the rules. */
export function hostilePeers(name: string, duo: Duo): void {
  describe(`${name}: a hostile peer`, () => {
    let connectors: Connectors | undefined

    async function assault(): Promise<Assault> {
      connectors = await duo.connectors()
      const { promise, resolve } = Promise.withResolvers<Channel>()
      const stop = await connectors.far.accept(PROTOCOL, resolve)
      const [near, far] = await duo.nodes()
      const stream = await near.dialProtocol(far.peerId, PROTOCOL)
      const channel = await promise
      await stop()
      return { channel, stream }
    }

    afterEach(async () => {
      vi.useRealTimers()
      const used = connectors
      connectors = undefined
      if (used === undefined) return
      // whatever happened, the nodes serve the next channel
      const { near, far } = await openChannel(used)
      await Promise.all([near.send(Uint8Array.of(1, 2, 3)), far.receive()])
      await used.dispose()
    })

    function gone(stream: Stream): Promise<void> {
      if (stream.status !== 'open') return Promise.resolve()
      return new Promise((resolve) => {
        stream.addEventListener('close', () => resolve(), { once: true })
      })
    }

    it('announces a frame that is too large', async () => {
      const { channel, stream } = await assault()
      const length = 0xfffffff0
      stream.send(header(length))
      const error = {
        name: 'ChannelError',
        code: 'FRAME_TOO_LARGE',
        detail: { peer: channel.peer, length, limit: DEFAULT_MAX_FRAME_LENGTH }
      }
      await expect(channel.receive()).rejects.toMatchObject(error)
      await expect(channel.receive()).rejects.toMatchObject(error)
      await expect(channel.send(new Uint8Array(1))).rejects.toMatchObject(error)
      expect(await channel.closed).toMatchObject(error)
      await gone(stream)
      expect(stream.status).toBe('reset')
    })

    it.each([1, 2, 3, 4, 5])('sends garbage (seed %i)', async (seed) => {
      const { channel, stream } = await assault()
      stream.send(noise(100_000, seed))
      await stream.close()
      const drained = (async () => {
        while ((await channel.receive()) !== undefined);
      })()
      await expect(drained).rejects.toMatchObject({
        name: 'ChannelError',
        code: expect.stringMatching(/FRAME_TOO_LARGE|TRUNCATED/)
      })
    })

    it.each([
      [[10, 0, 0, 0, 1, 2, 3], { received: 3, expected: 10 }],
      [[10, 0, 0, 0], { received: 0, expected: 10 }],
      [[10, 0], { received: 2, expected: 4 }]
    ])('closes inside a frame: %j', async (bytes, detail) => {
      const { channel, stream } = await assault()
      stream.send(Uint8Array.from([2, 0, 0, 0, 7, 8, ...bytes]))
      await stream.close()
      expect(await channel.receive()).toEqual(Uint8Array.of(7, 8))
      const error = {
        name: 'ChannelError',
        code: 'TRUNCATED',
        detail: { peer: channel.peer, ...detail }
      }
      await expect(channel.receive()).rejects.toMatchObject(error)
      expect(await channel.closed).toMatchObject(error)
    })

    it('resets inside a frame', async () => {
      const { channel, stream } = await assault()
      const waiting = channel.receive()
      stream.send(Uint8Array.of(10, 0, 0, 0, 1))
      stream.abort(new Error('reset by the test'))
      const error = { name: 'ChannelError', code: 'RESET', detail: { peer: channel.peer } }
      await expect(waiting).rejects.toMatchObject(error)
      expect(await channel.closed).toMatchObject(error)
    })

    it('drips bytes one by one', async () => {
      const { channel, stream } = await assault()
      const waiting = channel.receive()
      for (const byte of [3, 0, 0, 0, 7, 8, 9]) stream.send(Uint8Array.of(byte))
      expect(await waiting).toEqual(Uint8Array.of(7, 8, 9))
    })

    it('says nothing and never closes', async () => {
      const { channel, stream } = await assault()
      const reason = new Error('no patience')
      const controller = new AbortController()
      const waiting = expect(channel.receive({ signal: controller.signal })).rejects.toBe(reason)
      controller.abort(reason)
      await waiting
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      await channel.close()
      expect(await channel.closed).toBeUndefined()
      expect(stream.status).toBe('open')
      vi.advanceTimersByTime(LINGER_MS)
      vi.useRealTimers()
      await gone(stream)
      expect(stream.status).toBe('reset')
    })

    it('never reads', async () => {
      const { channel, stream } = await assault()
      stream.addEventListener('message', () => {})
      stream.pause()
      const error = new Error('given up')
      const sending = (async () => {
        for (;;) await channel.send(new Uint8Array(DEFAULT_MAX_FRAME_LENGTH))
      })()
      const settled = expect(sending).rejects.toBe(error)
      // half of the window it starts with has arrived, so the first frame is stuck inside
      while (stream.readBufferLength < 2 ** 17) await turn()
      channel.abort(error)
      await settled
    })

    it('opens and leaves a thousand times', async () => {
      connectors = await duo.connectors()
      const [near, far] = await duo.nodes()
      const ways = ['close', 'abort', 'far close', 'far abort'] as const
      const { signal } = new AbortController()
      const added = vi.spyOn(signal, 'addEventListener')
      const removed = vi.spyOn(signal, 'removeEventListener')
      const arrivals: Channel[] = []
      await connectors.far.accept(PROTOCOL, (channel) => {
        arrivals.push(channel)
      })
      const peer = peerId(far.peerId.toString())
      for (let i = 0; i < 1000; i++) {
        const mine = await connectors.near.open(peer, PROTOCOL, { signal })
        const sent = mine.send(Uint8Array.of(1), { signal })
        const [connection] = near.getConnections(far.peerId)
        const stream = connection?.streams.find((one) => one.protocol === PROTOCOL) as Stream
        while (arrivals.length === 0) await turn()
        const theirs = arrivals.pop() as Channel
        await theirs.receive({ signal })
        await sent
        const way = ways[i % ways.length]
        if (way === 'close') await mine.close({ signal })
        else if (way === 'far close') await theirs.close({ signal })
        else (way === 'abort' ? mine : theirs).abort(new Error('on purpose'))
        await Promise.all([mine.closed, theirs.closed])
        // libp2p itself has one listener for these two, and none for messages
        const left = ['message', 'drain', 'remoteCloseWrite'].map((type) =>
          stream.listenerCount(type)
        )
        expect(left).toEqual([0, 1, 0])
      }
      expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length)
      const open = (): number =>
        [...near.getConnections(far.peerId), ...far.getConnections(near.peerId)].flatMap((one) =>
          one.streams.filter((stream) => stream.protocol === PROTOCOL)
        ).length
      while (open() > 0) await turn()
      expect(near.getConnections(far.peerId)).toHaveLength(1)
    })
  })
}

function header(length: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_LENGTH)
  writeFrameHeader(bytes, length)
  return bytes
}

/** Bytes of a xorshift generator: all lengths in them are improbable. */
function noise(length: number, seed: number): Uint8Array {
  let state = (seed * 2_654_435_761) >>> 0
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}
