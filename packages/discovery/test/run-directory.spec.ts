import { peerId, type PeerRecord } from '@daa-compute/interface'
import { createSimnet, type Simnet } from '@daa-compute/simnet'
import { expect, test } from 'vitest'
import { encodeAnnouncement } from '../src/core/announcement.ts'
import { requireCapabilities, runTopic } from '../src/index.ts'
import {
  countingMetrics,
  keepingLogger,
  known,
  pass,
  record,
  RUN,
  simDirectory,
  withoutSubscribers
} from './support/sim.ts'

const SENT = 'daa_discovery_announcements_total sent'
const received = (outcome: string): string => `daa_discovery_received_total ${outcome}`

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `peer-${String(i).padStart(3, '0')}`)
}

function others(all: readonly string[], self: string): string[] {
  return all.filter((name) => name !== self)
}

/** An announcement as `name` might make it. */
function announcement(
  options: Partial<Parameters<typeof encodeAnnouncement>[0]> & { address?: string } = {}
): Uint8Array {
  const { address = '/x/1', ...rest } = options
  return encodeAnnouncement({
    runId: RUN,
    incarnation: 1,
    sequence: 0,
    ttlMs: 60_000,
    description: { addresses: [address], capabilities: {} },
    ...rest
  })
}

test.each([1, 2, 3, 4, 5])(
  'peers that start together know each other in a second (seed %i)',
  (seed) => {
    const simnet = createSimnet({ seed })
    const all = names(8)
    return simnet.run(async () => {
      const peers = all.map((name) => simnet.addPeer(name))
      const directories = peers.map((peer) => simDirectory(peer))
      await pass(simnet, 1000)
      for (const [i, directory] of directories.entries()) {
        expect(known(directory)).toEqual(others(all, all[i]!))
      }
    })
  }
)

test.each([1, 2, 3])(
  'a newcomer nobody saw subscribing is known and knows all soon (seed %i)',
  (seed) => {
    const simnet = createSimnet({ seed })
    const all = names(6)
    return simnet.run(async () => {
      const peers = all.map((name) => simnet.addPeer(name))
      const join = (i: number): ReturnType<typeof simDirectory> =>
        simDirectory(peers[i]!, { broadcast: withoutSubscribers(peers[i]!.broadcast) })
      const directories = all.slice(1).map((_, i) => join(i + 1))
      // long enough for the pauses between announcements to be long
      await pass(simnet, 120_000)
      directories.unshift(join(0))
      await pass(simnet, 500)
      for (const [i, directory] of directories.entries()) {
        expect(known(directory)).toEqual(others(all, all[i]!))
      }
    })
  }
)

test.each([1, 2, 3])(
  'half of all messages lost delays knowing each other, no more (seed %i)',
  (seed) => {
    const simnet = createSimnet({ seed })
    const all = names(6)
    return simnet.run(async () => {
      const directories = all.map((name) => {
        const peer = simnet.addPeer(name)
        return simDirectory(peer, {
          broadcast: {
            ...peer.broadcast,
            subscribe: (topic, handler) =>
              peer.broadcast.subscribe(topic, (message) => {
                if (peer.random.next() < 0.5) handler(message)
              })
          }
        })
      })
      await pass(simnet, 60_000)
      for (const [i, directory] of directories.entries()) {
        expect(known(directory)).toEqual(others(all, all[i]!))
      }
    })
  }
)

test('a peer that says good-bye leaves at once, and no late announcement brings it back', () => {
  const simnet = createSimnet({ seed: 7 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const [atA, atB] = [simDirectory(a), simDirectory(b)]
    await pass(simnet, 1000)
    const events = record(atA)
    await atB.stop()
    await pass(simnet, 100)
    expect(known(atA)).toEqual([])
    await b.broadcast.publish(runTopic(RUN), announcement({ sequence: 1 }))
    await pass(simnet, 100)
    expect(events).toEqual(['leave b'])
    expect(known(atA)).toEqual([])
  })
})

test('a peer that crashed leaves when what it announced has expired, not before', () => {
  const simnet = createSimnet({ seed: 7 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const atA = simDirectory(a)
    simDirectory(b)
    await pass(simnet, 60_000)
    const events = record(atA)
    b.crash()
    await pass(simnet, 45_000)
    expect(known(atA)).toEqual(['b'])
    await pass(simnet, 30_000)
    expect(events).toEqual(['leave b'])
    expect(known(atA)).toEqual([])
  })
})

test('a living peer never expires', () => {
  const simnet = createSimnet({ seed: 8 })
  return simnet.run(async () => {
    const directories = names(4).map((name) => simDirectory(simnet.addPeer(name)))
    await pass(simnet, 2000)
    const events = directories.map(record)
    await pass(simnet, 3_600_000)
    expect(events).toEqual([[], [], [], []])
  })
})

test('an entry that expires sooner than the others leaves sooner', () => {
  const simnet = createSimnet({ seed: 8 })
  return simnet.run(async () => {
    const [a, b, c] = [simnet.addPeer('a'), simnet.addPeer('b'), simnet.addPeer('c')]
    const atA = simDirectory(a)
    await b.broadcast.publish(runTopic(RUN), announcement({ ttlMs: 90_000 }))
    await pass(simnet, 100)
    await c.broadcast.publish(runTopic(RUN), announcement({ ttlMs: 5000 }))
    await pass(simnet, 100)
    expect(known(atA)).toEqual(['b', 'c'])
    await pass(simnet, 5000)
    expect(known(atA)).toEqual(['b'])
    await pass(simnet, 85_000)
    expect(known(atA)).toEqual([])
  })
})

test('however long an announcement wants to be believed, it is for ten minutes', () => {
  const simnet = createSimnet({ seed: 8 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const atA = simDirectory(a)
    await b.broadcast.publish(runTopic(RUN), announcement({ ttlMs: 2 ** 32 - 1 }))
    await pass(simnet, 590_000)
    expect(known(atA)).toEqual(['b'])
    await pass(simnet, 11_000)
    expect(known(atA)).toEqual([])
  })
})

test('a restarted peer is taken for what it is, and its former life for past', () => {
  const simnet = createSimnet({ seed: 9 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const atA = simDirectory(a)
    simDirectory(b)
    await pass(simnet, 5000)
    b.crash()
    const events = record(atA)
    const again = simnet.addPeer('b')
    const atB = simDirectory(again, { incarnation: 2 })
    await pass(simnet, 1000)
    expect(events).toEqual(['update b'])
    expect(known(atB)).toEqual(['a'])
    await again.broadcast.publish(
      runTopic(RUN),
      announcement({ incarnation: 1, sequence: 1e9, address: '/of/the/past' })
    )
    await pass(simnet, 1000)
    expect(events).toEqual(['update b'])
    expect([...atA.peers()][0]?.addresses).toEqual(['/sim/b'])
  })
})

test('a sequence number that does not grow is ignored', () => {
  const simnet = createSimnet({ seed: 9 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const { metrics, values } = countingMetrics()
    const atA = simDirectory(a, { metrics })
    for (const [sequence, address] of [
      [5, '/x/five'],
      [4, '/x/four'],
      [5, '/x/other']
    ] as const) {
      await b.broadcast.publish(runTopic(RUN), announcement({ sequence, address }))
      await pass(simnet, 100)
    }
    expect([...atA.peers()][0]?.addresses).toEqual(['/x/five'])
    expect(values.get(received('stale'))).toBe(2)
  })
})

test('a change of addresses is told once, and at once when announced', () => {
  const simnet = createSimnet({ seed: 10, latencyMs: 10 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const atA = simDirectory(a)
    let addresses = ['/sim/old']
    const atB = simDirectory(b, { self: () => ({ peer: b.id, addresses, capabilities: {} }) })
    await pass(simnet, 60_000)
    const events = record(atA)
    addresses = ['/sim/new']
    await atB.announce()
    await pass(simnet, 10)
    expect(events).toEqual(['update b'])
    expect([...atA.peers()]).toEqual([{ peer: 'b', addresses: ['/sim/new'], capabilities: {} }])
    await pass(simnet, 60_000)
    expect(events).toEqual(['update b'])
  })
})

test('of too many addresses the first are announced, and none that cannot be', () => {
  const simnet = createSimnet({ seed: 10 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const atA = simDirectory(a)
    const many = Array.from({ length: 40 }, (_, i) => `/sim/${i}`)
    const addresses = ['with space', 'x'.repeat(600), ...many]
    simDirectory(b, { self: () => ({ peer: b.id, addresses, capabilities: {} }) })
    await pass(simnet, 1000)
    expect([...atA.peers()][0]?.addresses).toEqual(many.slice(0, 16))
  })
})

test('a filter shows only the peers it wants, while it wants them', () => {
  const simnet = createSimnet({ seed: 11 })
  return simnet.run(async () => {
    const [a, b, c] = [simnet.addPeer('a'), simnet.addPeer('b'), simnet.addPeer('c')]
    const atA = simDirectory(a, { filter: requireCapabilities({ gpu: ['h100', 'h200'] }) })
    const events = record(atA)
    let gpu = 'none'
    const atB = simDirectory(b, {
      self: () => ({ peer: b.id, addresses: ['/b'], capabilities: { gpu } })
    })
    simDirectory(c)
    await pass(simnet, 1000)
    expect(events).toEqual([])
    gpu = 'h200'
    await atB.announce()
    await pass(simnet, 100)
    expect(events).toEqual(['join b'])
    gpu = 'none'
    await atB.announce()
    await pass(simnet, 100)
    expect(events).toEqual(['join b', 'leave b'])
    expect(known(atA)).toEqual([])
  })
})

test('a watcher that throws disturbs nobody', () => {
  const simnet = createSimnet({ seed: 12 })
  return simnet.run(async () => {
    const { logger, warnings } = keepingLogger()
    const atA = simDirectory(simnet.addPeer('a'), { logger })
    atA.watch(() => {
      throw new Error('no')
    })
    const events = record(atA)
    simDirectory(simnet.addPeer('b'))
    await pass(simnet, 1000)
    expect(events).toEqual(['join b'])
    expect(warnings).toEqual(['a watcher of the peer directory threw'])
  })
})

test('a broadcast that fails is tried again, and tells the one who asked', () => {
  const simnet = createSimnet({ seed: 13 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const { logger, warnings } = keepingLogger()
    const down = new Error('down')
    let failing = true
    const atA = simDirectory(a, {
      logger,
      broadcast: {
        ...a.broadcast,
        publish: (...args) => (failing ? Promise.reject(down) : a.broadcast.publish(...args))
      }
    })
    const atB = simDirectory(b)
    await pass(simnet, 2000)
    expect(known(atB)).toEqual([])
    expect(warnings).toContain('could not announce this peer; will try again')
    await expect(atA.announce()).rejects.toBe(down)
    failing = false
    await pass(simnet, 30_000)
    expect(known(atB)).toEqual(['a'])
  })
})

test('a stopped directory is silent, deaf and holds no timer', () => {
  const simnet = createSimnet({ seed: 14 })
  return simnet.run(async () => {
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const timers = new Set<object>()
    const atA = simDirectory(a, {
      clock: {
        now: () => a.clock.now(),
        schedule: (delayMs, callback) => {
          const timer = {}
          timers.add(timer)
          const cancel = a.clock.schedule(delayMs, () => {
            timers.delete(timer)
            callback()
          })
          return () => {
            timers.delete(timer)
            cancel()
          }
        }
      }
    })
    const atB = simDirectory(b)
    await pass(simnet, 1000)
    const events = record(atA)
    expect(timers.size).toBeGreaterThan(0)
    const stopped = atA.stop()
    expect(atA.stop()).toBe(stopped)
    await stopped
    expect(timers.size).toBe(0)
    await atB.announce()
    await pass(simnet, 60_000)
    expect(timers.size).toBe(0)
    expect(events).toEqual([])
    expect(known(atB)).toEqual([])
    await expect(atA.announce()).rejects.toMatchObject({
      name: 'DiscoveryError',
      code: 'STOPPED',
      detail: { runId: RUN }
    })
  })
})

test('it can be stopped from within its own announcement', () => {
  const simnet = createSimnet({ seed: 14 })
  return simnet.run(async () => {
    const peer = simnet.addPeer('a')
    const { metrics, values } = countingMetrics()
    let published = 0
    const directory = simDirectory(peer, {
      metrics,
      broadcast: {
        ...peer.broadcast,
        publish: async () => {
          published += 1
          void directory.stop()
        }
      }
    })
    await pass(simnet, 60_000)
    // the announcement and the good-bye
    expect(published).toBe(2)
    expect(values.get('daa_discovery_announcements_total failed')).toBeUndefined()
    expect(simnet.events).toBeLessThan(10)
  })
})

test('stopping does not wait for a broadcast that hangs', () => {
  const simnet = createSimnet({ seed: 15 })
  return simnet.run(async () => {
    const peer = simnet.addPeer('a')
    const directory = simDirectory(peer, {
      broadcast: { ...peer.broadcast, publish: () => new Promise(() => undefined) }
    })
    const at = simnet.clock.now()
    await directory.stop()
    expect(simnet.clock.now() - at).toBe(1000)
  })
})

test('what cannot be announced or named is refused at once', () => {
  const simnet = createSimnet({ seed: 16 })
  const peer = simnet.addPeer('a')
  const claiming = (capabilities: Record<string, string>) => (): PeerRecord => ({
    peer: peer.id,
    addresses: [],
    capabilities
  })
  for (const runId of ['', 'x'.repeat(257), '\ud800']) {
    expect(() => simDirectory(peer, { runId })).toThrow(
      expect.objectContaining({ code: 'BAD_RUN_ID', detail: { runId } })
    )
  }
  expect(() => simDirectory(peer, { self: claiming({ gpu: 'x'.repeat(257) }) })).toThrow(
    expect.objectContaining({
      code: 'BAD_RECORD',
      detail: { field: 'capabilities.gpu', limit: 256 }
    })
  )
  const many = Object.fromEntries(names(33).map((name) => [name, '']))
  expect(() => simDirectory(peer, { self: claiming(many) })).toThrow(
    expect.objectContaining({ code: 'BAD_RECORD', detail: { field: 'capabilities', limit: 32 } })
  )
})

test('the topic of a run is its name, percent-encoded', () => {
  expect(runTopic('mnist/ü 1')).toBe('/daa/run/1/mnist%2F%C3%BC%201')
})

test('runs do not see each other', () => {
  const simnet = createSimnet({ seed: 17 })
  return simnet.run(async () => {
    const runs = ['mnist', 'mnist/2', 'mnist%2F2', 'Ｍ'].map((runId, i) =>
      ['a', 'b'].map((name) => simDirectory(simnet.addPeer(`${name}${i}`), { runId }))
    )
    await pass(simnet, 1000)
    expect(runs.map((pair) => pair.map(known))).toEqual(runs.map((_, i) => [[`b${i}`], [`a${i}`]]))
  })
})

test('a second process with the same identity is reported', () => {
  const simnet = createSimnet({ seed: 18 })
  return simnet.run(async () => {
    const { logger, warnings } = keepingLogger()
    const peer = simnet.addPeer('a')
    const impostor = simnet.addPeer('b')
    const directory = simDirectory(peer, {
      logger,
      broadcast: {
        ...peer.broadcast,
        // as if the other one signed with the key of this one
        subscribe: (topic, handler) =>
          peer.broadcast.subscribe(topic, (message) => handler({ ...message, from: peer.id }))
      }
    })
    await impostor.broadcast.publish(runTopic(RUN), announcement({ incarnation: 1 }))
    await pass(simnet, 100)
    expect(warnings).toEqual([])
    await impostor.broadcast.publish(runTopic(RUN), announcement({ incarnation: 2 }))
    await pass(simnet, 100)
    expect(warnings).toHaveLength(1)
    expect(known(directory)).toEqual([])
  })
})

test('garbage is counted, reported within reason, and touches nobody', () => {
  const simnet = createSimnet({ seed: 19 })
  return simnet.run(async () => {
    const [a, b, liar] = [simnet.addPeer('a'), simnet.addPeer('b'), simnet.addPeer('liar')]
    const { metrics, values } = countingMetrics()
    const { logger, warnings } = keepingLogger()
    const atA = simDirectory(a, { metrics, logger })
    simDirectory(b)
    await pass(simnet, 1000)
    const events = record(atA)
    const good = announcement()
    for (let i = 0; i < 1000; i++) {
      const length = Math.floor(liar.random.next() * 200)
      const bytes =
        i % 2 === 0 ? liar.random.fill(new Uint8Array(length)) : good.slice(0, -1 - (i % 20))
      await liar.broadcast.publish(runTopic(RUN), bytes)
    }
    await pass(simnet, 1000)
    expect(events).toEqual([])
    expect(known(atA)).toEqual(['b'])
    expect(values.get(received('malformed'))).toBe(1000)
    expect(warnings.length).toBeGreaterThan(0)
    expect(warnings.length).toBeLessThan(12)
  })
})

test('a peer that floods is slowed down and the others are heard', () => {
  const simnet = createSimnet({ seed: 20, latencyMs: 10 })
  return simnet.run(async () => {
    const [a, b, liar] = [simnet.addPeer('a'), simnet.addPeer('b'), simnet.addPeer('liar')]
    const { metrics, values } = countingMetrics()
    const atA = simDirectory(a, { metrics })
    const events = record(atA)
    for (let sequence = 0; sequence < 1000; sequence++) {
      await liar.broadcast.publish(
        runTopic(RUN),
        announcement({ sequence, address: `/x/${sequence}` })
      )
      await pass(simnet, 1)
    }
    simDirectory(b)
    await pass(simnet, 1000)
    expect(known(atA)).toEqual(['b', 'liar'])
    // a burst of 16, then 5 per second
    expect(events.filter((event) => event.endsWith('liar')).length).toBeLessThan(23)
    expect(values.get(received('flood'))).toBeGreaterThan(970)
    expect(values.get(SENT)).toBeLessThan(12)
  })
})

test('however often somebody subscribes anew, a peer keeps a pause between its answers', () => {
  const simnet = createSimnet({ seed: 20, latencyMs: 1 })
  return simnet.run(async () => {
    const [a, liar] = [simnet.addPeer('a'), simnet.addPeer('liar')]
    const times: number[] = []
    simDirectory(a, {
      broadcast: {
        ...a.broadcast,
        publish: async () => {
          times.push(simnet.clock.now())
        }
      }
    })
    for (let i = 0; i < 1000; i++) {
      liar.broadcast.subscribe(runTopic(RUN), () => undefined)()
      await pass(simnet, 5)
    }
    const pauses = times.slice(1).map((time, i) => time - times[i]!)
    expect(times.length).toBeGreaterThan(10)
    // 250 ms, but for rounding
    expect(Math.min(...pauses.slice(1))).toBeGreaterThan(249.9)
  })
})

test('a flood of strangers fills the directory, not the memory, and gets few answers', () => {
  const simnet = createSimnet({ seed: 21 })
  return simnet.run(async () => {
    const { metrics, values } = countingMetrics()
    const a = simnet.addPeer('a')
    const friend = simnet.addPeer('friend')
    const atA = simDirectory(a, { metrics, maxPeers: 50 })
    simDirectory(friend)
    await pass(simnet, 1000)
    const sybils = names(200).map((name) => simnet.addPeer(name))
    for (const sybil of sybils) {
      await sybil.broadcast.publish(runTopic(RUN), announcement())
      await pass(simnet, 10)
    }
    await pass(simnet, 100)
    expect(known(atA)).toHaveLength(50)
    expect(known(atA)).toContain('friend')
    expect(values.get(received('full'))).toBe(151)
    expect(values.get(SENT)).toBeLessThan(12)
    // and when they go, there is room again
    for (const sybil of sybils) {
      await sybil.broadcast.publish(
        runTopic(RUN),
        announcement({ sequence: 1, description: undefined })
      )
    }
    simDirectory(simnet.addPeer('late'))
    await pass(simnet, 2000)
    expect(known(atA)).toEqual(['friend', 'late'])
  })
})

test('a large swarm that starts at once is known soon, at a bounded rate', () => {
  const simnet = createSimnet({ seed: 22 })
  const all = names(60)
  return simnet.run(async () => {
    const { metrics, values } = countingMetrics()
    const directories = all.map((name) => simDirectory(simnet.addPeer(name), { metrics }))
    await pass(simnet, 2000)
    for (const [i, directory] of directories.entries()) {
      expect(known(directory)).toEqual(others(all, all[i]!))
    }
    await pass(simnet, 58_000)
    const first = values.get(SENT) ?? 0
    expect(first).toBeLessThan(60 * 14)
    await pass(simnet, 60_000)
    // one per 20 s and peer, give or take the jitter
    expect((values.get(SENT) ?? 0) - first).toBeLessThan(60 * 4)
  })
})

test('the same seed gives the same history', async () => {
  const history = (): Promise<string[]> => {
    const simnet: Simnet = createSimnet({ seed: 'history' })
    return simnet.run(async () => {
      const lines: string[] = []
      for (const name of names(5)) {
        simDirectory(simnet.addPeer(name)).watch((event) => {
          lines.push(`${simnet.clock.now()} ${name} ${JSON.stringify(event)}`)
        })
      }
      await pass(simnet, 10_000)
      return lines
    })
  }
  const first = await history()
  expect(first).toHaveLength(20)
  expect(await history()).toEqual(first)
})

test('what is shown is a snapshot that can be read twice', () => {
  const simnet = createSimnet({ seed: 23 })
  return simnet.run(async () => {
    const atA = simDirectory(simnet.addPeer('a'))
    const b = simnet.addPeer('b')
    simDirectory(b)
    await pass(simnet, 1000)
    const peers = atA.peers()
    b.crash()
    await pass(simnet, 100_000)
    expect([...peers]).toHaveLength(1)
    expect([...peers][0]?.peer).toBe(peerId('b'))
    expect(known(atA)).toEqual([])
  })
})
