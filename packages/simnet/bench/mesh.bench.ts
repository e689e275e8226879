import { suite } from '@daa-compute/bench'
import type { Channel } from '@daa-compute/interface'
import { createSimnet, type SimPeer } from '../src/index.ts'

const PEERS = 8
/** Frames that each peer passes on around the ring in a round. */
const STEPS = 6
const HEADER = new Uint8Array(16)
const BODY = new Uint8Array(64)

/** Enough that the compiler knows the code again after the garbage collection before a sample. */
const SEEDS = 100

suite(`a simulated mesh of ${PEERS} peers, two channels per pair and direction`, (s) => {
  s.measure('created and opened', () => speed(0))
  s.measure('and 1,456 frames', () => speed(14))
})

/** Meshes per second. */
async function speed(rounds: number): Promise<{ value: number; unit: string }> {
  const startMs = performance.now()
  for (let seed = 0; seed < SEEDS; seed++) await mesh(seed, rounds)
  return { value: (SEEDS * 1000) / (performance.now() - startMs), unit: 'per s' }
}

/** What a test of a protocol does per seed, without the protocol. */
async function mesh(seed: number, rounds: number): Promise<void> {
  const simnet = createSimnet({ seed })
  const peers = Array.from({ length: PEERS }, (_, index) => simnet.addPeer(`p${index}`))
  const before = new Map(peers.map((peer, index) => [peer, peers.at(index - 1)!.id]))
  const inward = new Map<SimPeer, Channel>()

  async function talk(peer: SimPeer, index: number): Promise<void> {
    // in the order of the ring, the neighbour first
    const others = [...peers.slice(index + 1), ...peers.slice(0, index)]
    const open = (protocol: string): Promise<Channel[]> =>
      Promise.all(others.map(({ id }) => peer.connector.open(id, protocol)))
    const [control, [next]] = await Promise.all([open('/control/1'), open('/data/1')])
    for (let round = 0; round < rounds; round++) {
      for (const channel of control) await channel.send(BODY)
      for (let step = 0; step < STEPS; step++) {
        await next!.send([HEADER, BODY])
        await inward.get(peer)!.receive()
      }
    }
  }

  await simnet.run(async () => {
    for (const peer of peers) {
      await peer.connector.accept('/control/1', (channel) => void drain(channel))
      await peer.connector.accept('/data/1', (channel) => {
        if (channel.peer === before.get(peer)) inward.set(peer, channel)
      })
    }
    await Promise.all(peers.map(talk))
  })
}

async function drain(channel: Channel): Promise<void> {
  while ((await channel.receive()) !== undefined);
}
