import { createHash } from 'node:crypto'
import { peerId } from '@daa-compute/interface'
import { noise } from '@libp2p/noise'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { createConnector, tcpPreset, type TransportPreset } from '../src/index.ts'

const PROTOCOL = '/test/frugal/1'
const FRAME = 300_000
const FRAMES = 200

const stock: TransportPreset = { ...tcpPreset(), connectionEncrypters: [noise()] }
const ends = { frugal: tcpPreset(), stock } as const

let nodes: Libp2p[] = []

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  nodes = []
})

async function start(preset: TransportPreset): Promise<Libp2p> {
  const node = await createLibp2p({ ...preset, addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] } })
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

describe('frugal Noise', () => {
  for (const [dialler, listener] of [
    ['frugal', 'frugal'],
    ['frugal', 'stock'],
    ['stock', 'frugal']
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
})
