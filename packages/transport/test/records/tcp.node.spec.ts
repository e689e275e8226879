import { createHash } from 'node:crypto'
import { getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream'
import { type Channel, peerId } from '@daa-compute/interface'
import { noise } from '@libp2p/noise'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createConnector, tcpPreset, type TransportPreset } from '../../src/index.ts'

const PROTOCOL = '/test/records/1'
const FRAME = 300_000
const FRAMES = 200

const { connectionProtector: _, ...rest } = tcpPreset()
const stock = { ...rest, connectionEncrypters: [noise()] }
const ends = { ours: tcpPreset(), stock } as const

let nodes: Libp2p[] = []

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  nodes = []
})

async function start(preset: typeof stock | TransportPreset): Promise<Libp2p> {
  const addresses = { listen: ['/ip4/127.0.0.1/tcp/0'] }
  const node = await createLibp2p({ ...preset, addresses })
  nodes.push(node)
  return node
}

/** Bytes that repeat nowhere near, so that a piece lost, moved or overwritten shows. */
function frameOf(seed: number): Uint8Array {
  const words = new Uint32Array(FRAME / 4)
  let state = seed * 2_654_435_761
  for (let i = 0; i < words.length; i++) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9
    words[i] = state
  }
  return new Uint8Array(words.buffer)
}

const digestOf = (frame: Uint8Array): string => createHash('sha256').update(frame).digest('hex')

describe('records over TCP', () => {
  for (const [dialler, listener] of [
    ['ours', 'ours'],
    ['ours', 'stock'],
    ['stock', 'ours']
  ] as const) {
    it(`carries tensors unharmed between ${dialler} and ${listener}, both ways at once`, async () => {
      const [a, b] = [await start(ends[dialler]), await start(ends[listener])]
      const connectors = [a, b].map((libp2p) => createConnector({ libp2p }))
      const accepted = Promise.withResolvers<Awaited<ReturnType<typeof open>>>()
      await connectors[1]!.accept(PROTOCOL, accepted.resolve)
      await a.dial(b.getMultiaddrs())
      const open = () => connectors[0]!.open(peerId(b.peerId.toString()), PROTOCOL)
      const channels = [await open(), await accepted.promise]
      const received = channels.map(async (channel, end) => {
        for (let i = 0; i < FRAMES; i++) {
          const frame = await channel.receive()
          expect(digestOf(frame!)).toBe(digestOf(frameOf(2 * i + 1 - end)))
          // small records between the large ones
          expect((await channel.receive())?.byteLength).toBe(i)
        }
      })
      const sent = channels.map(async (channel, end) => {
        for (let i = 0; i < FRAMES; i++) {
          await channel.send(frameOf(2 * i + end))
          await channel.send(new Uint8Array(i))
        }
      })
      await Promise.all([...received, ...sent])
      await Promise.all(connectors.map((connector) => connector.stop()))
    }, 60_000)
  }

  /** Sends frames on eight channels at once, without a pause between them. */
  async function flood(from: Libp2p, to: Libp2p, frames: number): Promise<Uint8Array[]> {
    const [near, far] = [from, to].map((libp2p) => createConnector({ libp2p }))
    const received: Uint8Array[] = []
    const all = Promise.withResolvers<void>()
    const take = async (channel: Channel): Promise<void> => {
      for (;;) {
        const frame = await channel.receive()
        if (frame === undefined) return
        received.push(frame.slice(0, 8))
        if (received.length === 8 * frames) all.resolve()
      }
    }
    // at the end the connector aborts what is still open
    await far!.accept(PROTOCOL, (channel) => void take(channel).catch(all.reject))
    await from.dial(to.getMultiaddrs())
    const frame = new Uint8Array(2 ** 20).fill(7)
    const senders = Array.from({ length: 8 }, async () => {
      const channel = await near!.open(peerId(to.peerId.toString()), PROTOCOL)
      for (let i = 0; i < frames; i++) await channel.send(frame)
    })
    await Promise.all([...senders, all.promise])
    await Promise.all([near!.stop(), far!.stop()])
    return received
  }

  it("is right whatever the process's high-water mark", async () => {
    const before = getDefaultHighWaterMark(false)
    onTestFinished(() => setDefaultHighWaterMark(false, before))
    setDefaultHighWaterMark(false, 16 * 2 ** 20)
    const [a, b] = [await start(ends.ours), await start(ends.stock)]
    const received = await flood(a, b, 8)
    expect(new Set(received.map(String))).toEqual(new Set([String(new Uint8Array(8).fill(7))]))
  }, 60_000)

  it('gives back what it sent and what it received', async () => {
    const [a, b] = [await start(ends.ours), await start(ends.ours)]
    const transfer = vi.spyOn(ArrayBuffer.prototype, 'transfer')
    onTestFinished(() => transfer.mockRestore())
    let bytes = 0
    transfer.mockImplementation(function (this: ArrayBuffer) {
      bytes += this.byteLength
      return structuredClone(this, { transfer: [this] })
    })
    await flood(a, b, 4)
    // ciphertext at the one end, plaintext at the other
    expect(bytes).toBeGreaterThan(1.9 * 8 * 4 * 2 ** 20)
  }, 60_000)
})
