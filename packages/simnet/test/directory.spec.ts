import { describe, expect, it } from 'vitest'
import { createSimnet, type SimDirectory, type SimMembership, type SimPeer } from '../src/index.ts'
import { wait } from './pair.ts'

/** Joins, and writes down what the member sees. */
function watch(directory: SimDirectory, peer: SimPeer, seen: string[]): SimMembership {
  const membership = directory.join(peer, { capabilities: { cores: '8' } })
  membership.watch((event) => {
    const who = event.type === 'leave' ? event.peer : event.record.peer
    seen.push(`${peer.id}: ${event.type} ${who} at ${peer.clock.now()}`)
  })
  return membership
}

describe('directory', () => {
  it('shows who joins, changes, leaves and crashes, each after the delay', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const [a, b, c] = ['a', 'b', 'c'].map((id) => simnet.addPeer(id)) as [SimPeer, SimPeer, SimPeer]
    return simnet.run(async () => {
      const directory = simnet.directory()
      const seen: string[] = []
      const viewA = watch(directory, a, seen)
      const viewB = watch(directory, b, seen)
      watch(directory, c, seen)
      expect([...viewA.peers()]).toEqual([])
      await wait(simnet, 100)
      expect([...viewA.peers()]).toEqual([
        { peer: 'b', addresses: ['/simnet/b'], capabilities: { cores: '8' } },
        { peer: 'c', addresses: ['/simnet/c'], capabilities: { cores: '8' } }
      ])
      expect(seen.toSorted()).toEqual([
        'a: join b at 10',
        'a: join c at 10',
        'b: join a at 10',
        'b: join c at 10',
        'c: join a at 10',
        'c: join b at 10'
      ])
      seen.length = 0
      viewB.update({ addresses: ['/elsewhere'] })
      c.crash()
      await wait(simnet, 100)
      expect(seen.toSorted()).toEqual([
        'a: leave c at 110',
        'a: update b at 110',
        'b: leave c at 110'
      ])
      expect([...viewA.peers()]).toEqual([
        { peer: 'b', addresses: ['/elsewhere'], capabilities: {} }
      ])
      seen.length = 0
      viewB.leave()
      viewB.leave()
      viewB.update({})
      await wait(simnet, 100)
      expect(seen).toEqual(['a: leave b at 210'])
      expect([...viewA.peers()]).toEqual([])
    })
  })

  it('ends with the truth, in whatever order the news come', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const simnet = createSimnet({ seed, latencyMs: { min: 0, max: 100 } })
      const a = simnet.addPeer('a')
      await simnet.run(async () => {
        const directory = simnet.directory()
        const view = directory.join(a)
        let alive = false
        let b = simnet.addPeer('b')
        let membership: SimMembership | undefined
        for (let step = 0; step < 10; step++) {
          const choice = simnet.random.next()
          if (!alive) {
            membership = directory.join(b, { capabilities: { step: `${step}` } })
            alive = true
          } else if (choice < 0.3) {
            b.crash()
            b = simnet.addPeer('b')
            alive = false
          } else if (choice < 0.6) {
            membership?.leave()
            alive = false
          } else {
            membership?.update({ capabilities: { step: `${step}` } })
          }
          await wait(simnet, simnet.random.next() * 30)
        }
        if (alive) membership?.update({ capabilities: { step: 'last' } })
        await wait(simnet, 200)
        const known = [...view.peers()].map(({ capabilities }) => capabilities['step'])
        expect(known, `seed ${seed}`).toEqual(alive ? ['last'] : [])
      })
    }
  })

  it('takes a peer once, of its own simnet', () => {
    const simnet = createSimnet({ seed: 1 })
    const directory = simnet.directory()
    const a = simnet.addPeer('a')
    directory.join(a)
    expect(() => directory.join(a)).toThrow(expect.objectContaining({ code: 'PEER_EXISTS' }))
    const stranger = createSimnet({ seed: 1 }).addPeer('b')
    expect(() => directory.join(stranger)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
    expect(() => simnet.directory().join(a)).not.toThrow()
  })

  it('ends a watch and no other', () => {
    const simnet = createSimnet({ seed: 1 })
    const directory = simnet.directory()
    return simnet.run(async () => {
      const view = directory.join(simnet.addPeer('a'))
      const seen: string[] = []
      const handler = (): void => void seen.push('event')
      const end = view.watch(handler)
      view.watch(handler)
      end()
      end()
      directory.join(simnet.addPeer('b'))
      await wait(simnet, 100)
      expect(seen).toEqual(['event'])
    })
  })
})
