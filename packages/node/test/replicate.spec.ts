import { expect, it } from 'vitest'
import { createNode, type P2PNetwork } from '../src/index.ts'

const listenAddresses = ['/ip4/127.0.0.1/tcp/0']
const ELEMENTS = 100_000

/** A model that moves by what rounds result in, at one peer. */
async function follow(node: P2PNetwork, begin: number) {
  const weights = new Float32Array(ELEMENTS).fill(begin)
  const run = await node.join('replicate-spec', { minPeers: 2 })
  const replica = await run.replicate<Float32Array>({
    tensors: { weights },
    apply(gradient) {
      for (let i = 0; i < weights.length; i++) {
        weights[i] = Math.fround(weights[i]! * 0.9) + gradient[i % gradient.length]!
      }
    }
  })
  return { run, replica, weights }
}

it('brings a latecomer up to the state of those who train, bit for bit, over TCP', async () => {
  await using alice = await createNode({ listenAddresses })
  const bootstrapNodes = alice.addresses
  await using bob = await createNode({ listenAddresses, bootstrapNodes })
  const [first, second] = await Promise.all([follow(alice, 1), follow(bob, 1)])
  const step = (peer: typeof first, value: number) =>
    peer.replica.step(new Float32Array(10).fill(value))
  for (let i = 0; i < 5; i++) await Promise.all([step(first, i), step(second, i)])

  await using carol = await createNode({ listenAddresses, bootstrapNodes })
  // another beginning: what it ends with it cannot have of itself
  const late = await follow(carol, 7)
  const isIn = new AbortController()
  const entering = step(late, 0).finally(() => isIn.abort())
  const rounds = async (peer: typeof first): Promise<void> => {
    while (!isIn.signal.aborted) await step(peer, 0.5)
  }
  const [entered] = await Promise.all([entering, rounds(first), rounds(second)])
  expect(entered.counted).toBe(false)
  expect(entered.caughtUp.length).toBeGreaterThan(0)

  const peers = [first, second, late]
  // those who went on longer are waited for
  const ends = await Promise.all(
    peers.map(async (peer) => {
      let last = await step(peer, 1)
      while (last.participants.length < 3) last = await step(peer, 1)
      return last
    })
  )
  expect(new Set(ends.map(({ sequence }) => sequence)).size).toBe(1)
  for (const { weights } of [second, late]) expect(weights).toEqual(first.weights)
})
