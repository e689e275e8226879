import { peerId, type Clock, type Random } from '@daa-compute/interface'
import { expect, it } from 'vitest'
import { createGroup } from '../src/group/create-group.ts'
import { createPortConnector, type Port } from '../src/port/port-connector.ts'
import { meanOf, valuesOf } from './values.ts'

const clock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  }
}

const random: Random = {
  fill: (bytes) => crypto.getRandomValues(bytes),
  next: () => crypto.getRandomValues(new Uint32Array(1)).reduce((_, bits) => bits / 2 ** 32, 0)
}

it('a group over message ports reduces without a network', async () => {
  const members = ['a', 'b', 'c'].map((name) => peerId(name))
  const ports = members.map(() => new Map<(typeof members)[number], Port>())
  for (const [i, one] of members.entries()) {
    for (const [j, other] of members.entries()) {
      if (i >= j) continue
      const { port1, port2 } = new MessageChannel()
      ports[i]?.set(other, port1)
      ports[j]?.set(one, port2)
    }
  }
  const connectors = members.map((self, rank) =>
    createPortConnector({ self, ports: ports[rank] ?? new Map() })
  )
  const groups = await Promise.all(
    connectors.map((connector) => createGroup({ connector, members, clock, random }))
  )
  const values = groups.map(({ rank }) => valuesOf(rank, 300_000))
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      groups.map((group) => group.allReduce(values[group.rank] ?? new Float32Array()))
    )
  }
  expect(values[0]).toEqual(meanOf(3, 300_000))
  expect(values[1]).toEqual(values[0])
  expect(values[2]).toEqual(values[0])
  await Promise.all(groups.map((group) => group.close()))
  await Promise.all(connectors.map((connector) => connector.stop()))
})
