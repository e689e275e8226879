import type { Simnet } from '@daa-compute/simnet'
import { createGridSwarm, digitsOf, sleep, spreadOf } from './grid-swarm.ts'

/** What is played. */
export interface MixingInit {
  readonly groupSize: number
  readonly dimensions: number
  readonly peers: number
  readonly rounds: number
  readonly seed: number
  /** Whether peers fill the grid in order; otherwise each begins where its name puts it. */
  readonly isPlaced: boolean
  /** Share of the peers that does not take part in a round, another one each time. */
  readonly absent: number
  /** Share that crashes in the middle of a round, for good; as many new ones come with the mean of a member. */
  readonly crashing: number
}

/** After a round. */
export interface Mixed {
  /** Root of the mean square of the differences from the mean of those who live, of what it was at first. */
  readonly spread: number
  /** The largest difference from the mean of all at the beginning, likewise. */
  readonly error: number
  /** Calls that had no group on any axis, of all. */
  readonly failures: number
  readonly groups: number
}

/** Plays a grid round by round. */
export async function mix(init: MixingInit): Promise<readonly Mixed[]> {
  const { groupSize, dimensions, peers, rounds, seed, isPlaced, absent, crashing } = init
  const shape = { groupSize, dimensions }
  const swarm = createGridSwarm(peers, shape, { seed })
  const { net, members } = swarm
  const mixed: Mixed[] = []
  await net.run(async () => {
    await swarm.joinAll((i) =>
      isPlaced ? { coordinates: digitsOf(i, groupSize, dimensions) } : {}
    )
    for (const { values: own } of members) own.fill(net.random.next())
    const values = members.map((member) => member.values[0] ?? Number.NaN)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const before = spreadOf(members)
    for (let round = 0; round < rounds; round++) {
      // everybody trains
      await sleep(net, 5_000)
      const alive = members.filter(({ peer }) => peer.state === 'running')
      const taking = alive.filter(() => net.random.next() >= absent)
      const doomed = taking.filter(() => net.random.next() < crashing)
      for (const { peer } of doomed) {
        net.clock.schedule(net.random.next() * 200, () => peer.crash())
      }
      const groups = new Set<string>()
      let failures = 0
      const calls = taking.map(async ({ grid, values: own, peer }) => {
        // nobody begins at the same moment
        await sleep(net, net.random.next() * 100)
        await grid.average(own).then(
          ({ participants }) => void groups.add(participants.join(' ')),
          () => void (peer.state === 'running' && failures++)
        )
      })
      await Promise.all(calls.filter((_, i) => !doomed.includes(taking[i]!)))
      const left = members.filter(({ peer }) => peer.state === 'running')
      mixed.push({
        spread: spreadOf(left) / before,
        error: Math.max(...left.map(({ values: own }) => Math.abs((own[0] ?? 0) - mean))) / before,
        failures,
        groups: groups.size
      })
      await replace(doomed.length, net, swarm)
    }
  })
  return mixed
}

async function replace(
  count: number,
  net: Simnet,
  { members, add }: ReturnType<typeof createGridSwarm>
): Promise<void> {
  const living = members.filter(({ peer }) => peer.state === 'running')
  for (let i = 0; i < count; i++) {
    // it has taken over the state of somebody
    const model = living[Math.floor(net.random.next() * living.length)]
    await add(model?.values[0] ?? 0)
  }
  if (count > 0) await sleep(net, 100)
}
