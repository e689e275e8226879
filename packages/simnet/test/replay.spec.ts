import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../src/random.ts'
import { createSimnet, createTrace, type Simnet, type SimPeer } from '../src/index.ts'
import { wait } from './pair.ts'

interface Outcome {
  readonly hash: string
  readonly trace: string
  /** What was wrong with what arrived. */
  readonly wrong: readonly string[]
  /** Kinds of faults and ends that occurred. */
  readonly seen: ReadonlySet<string>
}

/**
 * Peers that send numbers to each other for two seconds while faults of every kind hit them, at
 * random and at frames; then all is mended, and what was not reset must come through.
 */
async function storm(seed: number, watched: boolean): Promise<Outcome> {
  const trace = createTrace({ limit: 1_000_000 })
  const simnet = createSimnet({
    seed,
    latencyMs: { min: 1, max: 30 },
    jitterMs: 5,
    bandwidth: 1e7,
    windowLength: 500,
    stallTimeoutMs: 300,
    openTimeoutMs: 200,
    ...(watched ? { trace: trace.sink } : {})
  })
  const ids = ['a', 'b', 'c', 'd', 'e']
  const peers = new Map<string, SimPeer>()
  const wrong: string[] = []
  const seen = new Set<string>()
  const chance = createRandom(`faults ${seed}`)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance.next() * list.length)]!
  const weather = { calm: false }
  let received = 0

  async function read(self: SimPeer, channel: Channel): Promise<void> {
    const label = `${channel.peer} to ${self.id}`
    try {
      for (let next = 0; ; next++) {
        const frame = await channel.receive()
        if (frame === undefined) break
        const value = new DataView(frame.buffer, frame.byteOffset).getUint32(0)
        if (value !== next) wrong.push(`${label}: ${value} in place of ${next}`)
        received++
        await channel.send(frame)
      }
      await channel.close()
    } catch (error) {
      seen.add(`read ${(error as { code: string }).code}`)
    }
  }
  async function talk(self: SimPeer): Promise<void> {
    while (!weather.calm) {
      const other = ids[Math.floor(self.random.next() * ids.length)]!
      try {
        const channel = await self.connector.open(peers.get(other)!.id, '/count/1')
        const count = Math.floor(self.random.next() * 20)
        const echoes = (async () => {
          for (let next = 0; next < count; next++) await channel.receive()
        })()
        echoes.catch(() => {})
        for (let value = 0; value < count; value++) {
          const frame = new Uint8Array(4 + Math.floor(self.random.next() * 200))
          new DataView(frame.buffer).setUint32(0, value)
          await channel.send(frame)
        }
        await echoes
        await channel.close()
        seen.add('done')
      } catch (error) {
        seen.add(`talk ${(error as { code: string }).code}`)
        await wait(self, 10)
      }
    }
  }
  async function live(id: string): Promise<void> {
    const peer = simnet.addPeer(id)
    peers.set(id, peer)
    peer.broadcast.subscribe('topic', () => {})
    await peer.connector.accept('/count/1', (channel) => void read(peer, channel))
    void peer.broadcast.publish('topic', new Uint8Array(1))
    await talk(peer)
  }

  const faults: Record<string, (peer: SimPeer, other: SimPeer) => void> = {
    crash(peer) {
      peer.crash()
      void live(peer.id)
    },
    freeze: (peer) => peer.freeze(),
    thaw: (peer) => peer.thaw(),
    slow: (peer) => peer.slowDown(1 + chance.next() * 5),
    fast: (peer) => peer.slowDown(1),
    cut: ({ id }, other) => simnet.cut(id, other.id),
    restore: ({ id }, other) => simnet.restore(id, other.id),
    partition: ({ id }, other) => simnet.partition([[id, other.id]]),
    heal: () => simnet.heal(),
    resetLink: ({ id }, other) => simnet.resetLink(id, other.id)
  }
  function strike(peer: SimPeer): void {
    const name = pick(Object.keys(faults))
    seen.add(name)
    faults[name]!(peer, peers.get(pick(ids))!)
  }

  await simnet.run(async () => {
    for (const id of ids) void live(id)
    simnet.onFrame(({ from, to, phase }) => {
      if (weather.calm || chance.next() > 0.01) return
      seen.add(`at ${phase}`)
      strike(peers.get(pick([from, to]))!)
    })
    for (let turn = 0; turn < 40; turn++) {
      await wait(simnet, 50)
      strike(peers.get(pick(ids))!)
    }
    mend(simnet, peers)
    weather.calm = true
    await wait(simnet, 5000)
    received = 0
    weather.calm = false
    for (const peer of peers.values()) void talk(peer)
    await wait(simnet, 1000)
    if (received < 50) wrong.push(`only ${received} frames arrived after all was mended`)
  })
  return { hash: simnet.traceHash, trace: trace.toString(), wrong, seen }
}

function mend(simnet: Simnet, peers: ReadonlyMap<string, SimPeer>): void {
  simnet.heal()
  for (const peer of peers.values()) {
    peer.thaw()
    peer.slowDown(1)
  }
}

describe('a storm of all faults', () => {
  it('replays from its seed, and breaks no channel that it does not reset', async () => {
    const seen = new Set<string>()
    const hashes = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const first = await storm(seed, true)
      expect(first.wrong, `seed ${seed}`).toEqual([])
      // the hash is there without a trace, and is the same
      const second = await storm(seed, seed % 2 === 0)
      expect(second.hash, `seed ${seed}`).toBe(first.hash)
      if (seed % 2 === 0) expect(second.trace === first.trace, `seed ${seed}`).toBe(true)
      hashes.add(first.hash)
      for (const entry of first.seen) seen.add(entry)
    }
    expect(hashes.size).toBe(20)
    expect([...seen].toSorted()).toEqual(
      [
        ...['crash', 'freeze', 'thaw', 'slow', 'fast', 'cut', 'restore', 'partition', 'heal'],
        ...['resetLink', 'at sent', 'at received', 'done', 'read RESET', 'talk RESET'],
        'talk UNREACHABLE'
      ].toSorted()
    )
  }, 60_000)
})

describe('traceHash', () => {
  /** The hash after two frames. */
  async function hashOf(bytes: readonly number[], wrong?: 'time' | 'protocol'): Promise<string> {
    const simnet = createSimnet({ seed: 1, jitterMs: 5 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    await simnet.run(async () => {
      const protocol = wrong === 'protocol' ? '/test/2' : '/test/1'
      await b.connector.accept(protocol, () => {})
      if (wrong === 'time') await wait(simnet, 1)
      const channel = await a.connector.open(b.id, protocol)
      await channel.send(Uint8Array.from(bytes))
    })
    return simnet.traceHash
  }

  it('is 16 digits and tells times, protocols, lengths and bytes apart', async () => {
    const hashes = await Promise.all([
      hashOf([1, 2]),
      hashOf([1, 3]),
      hashOf([1, 2, 0]),
      hashOf([1, 2], 'time'),
      hashOf([1, 2], 'protocol')
    ])
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(await hashOf([1, 2])).toBe(hashes[0])
  })

  it('is the same on every platform, until what a simulation does is changed', async () => {
    expect(await hashOf([1, 2])).toBe('2bf043abc2bc5309')
  })
})
