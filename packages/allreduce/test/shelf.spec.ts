import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { Shelf } from '../src/round/attempt/shelf.ts'
import { digestOf } from './round-fixtures.ts'
import { createSwarm, type Swarm } from './swarm.ts'

describe('a shelf', () => {
  const digest = digestOf(1)
  const bytesOf = (fill: number): Uint8Array => new Uint8Array(600_000).fill(fill)

  /** Shelves of peers, the first of which looks for what the others hold. */
  async function withShelves(
    held: readonly (Uint8Array | undefined)[],
    play: (shelf: Shelf, holders: readonly PeerId[], swarm: Swarm) => Promise<void>
  ): Promise<void> {
    const swarm = createSwarm(held.length + 1)
    await swarm.net.run(async () => {
      const shelves = swarm.peers.map(
        ({ connector, clock }) => new Shelf({ run: 'test', connector, clock, hasher: sha256Hasher })
      )
      await Promise.all(shelves.map((shelf) => shelf.start()))
      for (const [i, bytes] of held.entries()) {
        if (bytes !== undefined) shelves[i + 1]?.put(digest, bytes)
      }
      const [first] = shelves
      if (first === undefined) throw new Error('there is no shelf')
      const holders = swarm.peers.slice(1).map(({ id }) => id)
      await play(first, holders, swarm)
      await Promise.all(
        shelves.filter((_, i) => swarm.peers[i]?.state === 'running').map((shelf) => shelf.stop())
      )
    })
  }

  it('takes what most holders have: one that hands out other bytes is outvoted', async () => {
    await withShelves([bytesOf(9), bytesOf(5), bytesOf(5)], async (shelf, holders) => {
      const out = bytesOf(0)
      await shelf.fetch(digest, holders, out)
      expect(out).toEqual(bytesOf(5))
    })
  })

  it('takes from another what one sends otherwise than it said', async () => {
    await withShelves([bytesOf(5), bytesOf(5)], async (shelf, holders, { net, peers }) => {
      for (const [i, liar] of holders.entries()) {
        if (i > 0) continue
        net.tamper(liar, peers[0]?.id ?? '', (frame) => (frame.length > 32 ? frame.fill(7) : frame))
      }
      const out = bytesOf(0)
      await shelf.fetch(digest, holders, out)
      expect(out).toEqual(bytesOf(5))
    })
  })

  const faults: Record<string, (frame: Uint8Array) => Uint8Array | undefined | Uint8Array[]> = {
    'sends nothing': () => undefined,
    'sends too much': (frame) => (frame.length > 32 ? [frame, frame, frame, frame] : frame),
    'sends empty frames': (frame) => (frame.length > 32 ? new Uint8Array() : frame),
    'says nonsense first': () => new Uint8Array(5)
  }
  for (const [what, tamper] of Object.entries(faults)) {
    it(`goes on to the next where one ${what}`, async () => {
      await withShelves([bytesOf(5), bytesOf(5)], async (shelf, holders, { net, peers }) => {
        net.tamper(holders[0] ?? '', peers[0]?.id ?? '', tamper)
        const startMs = net.clock.now()
        const out = bytesOf(0)
        await shelf.fetch(digest, holders, out)
        expect(out).toEqual(bytesOf(5))
        expect(net.clock.now() - startMs).toBeLessThan(8_000)
      })
    })
  }

  it('goes on to the next where one freezes or has gone', async () => {
    for (const fault of ['freeze', 'crash'] as const) {
      await withShelves([bytesOf(5), bytesOf(5)], async (shelf, holders, { net, peers }) => {
        peers[1]?.[fault]()
        const startMs = net.clock.now()
        const out = bytesOf(0)
        await shelf.fetch(digest, holders, out)
        expect(out).toEqual(bytesOf(5))
        expect(net.clock.now() - startMs).toBeLessThan(8_000)
        peers[1]?.thaw()
      })
    }
  })

  it('fails when nobody holds it, or not that length', async () => {
    await withShelves([undefined, new Uint8Array(3)], async (shelf, holders) => {
      const reason = /nobody holds/
      await expect(shelf.fetch(digest, holders, bytesOf(0))).rejects.toThrow(reason)
      await expect(shelf.fetch(digestOf(2), holders, new Uint8Array(3))).rejects.toThrow(reason)
      await expect(shelf.fetch(digest, [], new Uint8Array(3))).rejects.toThrow(reason)
      const out = new Uint8Array(3)
      await shelf.fetch(digest, holders, out)
    })
  })

  it('needs nobody for what lies on it', async () => {
    await withShelves([], async (shelf) => {
      const out = bytesOf(0)
      shelf.put(digest, bytesOf(3))
      await shelf.fetch(digest, [], out)
      expect(out).toEqual(bytesOf(3))
      shelf.clear()
      await expect(shelf.fetch(digest, [], out)).rejects.toThrow(/nobody/)
    })
  })

  it('keeps a copy of the last result that counts, beside the one that may', async () => {
    await withShelves([], async (shelf) => {
      const out = bytesOf(0)
      shelf.put(digest, bytesOf(3))
      shelf.keep()
      shelf.put(digestOf(2), bytesOf(4))
      await shelf.fetch(digest, [], out)
      expect(out).toEqual(bytesOf(3))
      await shelf.fetch(digestOf(2), [], out)
      expect(out).toEqual(bytesOf(4))
      shelf.clear()
      await shelf.fetch(digest, [], out)
      await expect(shelf.fetch(digestOf(2), [], out)).rejects.toThrow(/nobody/)
      shelf.put(digestOf(2), bytesOf(4))
      shelf.keep()
      await expect(shelf.fetch(digest, [], out)).rejects.toThrow(/nobody/)
    })
  })

  it('hands out a copy: what the caller does with its array afterwards changes nothing', async () => {
    const mine = bytesOf(5)
    await withShelves([undefined], async (_, holders, swarm) => {
      const owner = swarm.peers[1]
      if (owner === undefined) throw new Error('there is no owner')
      expect(holders).toEqual([owner.id])
      const { connector, clock } = owner
      const other = new Shelf({ run: 'other', connector, clock, hasher: sha256Hasher })
      other.put(digest, mine)
      other.keep()
      mine.fill(0)
      const out = bytesOf(0)
      await other.fetch(digest, [], out)
      expect(out).toEqual(bytesOf(5))
    })
  })
})
