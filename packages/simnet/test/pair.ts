import type { Channel } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '../src/index.ts'

/** Two peers and the two ends of a channel from the first to the second. */
export interface Pair {
  readonly simnet: Simnet
  readonly a: SimPeer
  readonly b: SimPeer
  readonly from: Channel
  readonly to: Channel
}

/** Runs a program with a pair whose delay is 10 ms unless it says otherwise. */
export function withPair<T>(
  init: Partial<SimnetInit>,
  program: (pair: Pair) => Promise<T>
): Promise<T> {
  const simnet = createSimnet({ seed: 1, latencyMs: 10, ...init })
  const a = simnet.addPeer('a')
  const b = simnet.addPeer('b')
  return simnet.run(async () => {
    const { promise, resolve } = Promise.withResolvers<Channel>()
    await b.connector.accept('/test/1', resolve)
    const from = await a.connector.open(b.id, '/test/1')
    return program({ simnet, a, b, from, to: await promise })
  })
}

/** Lets virtual time pass. */
export function wait({ clock }: Pick<Simnet, 'clock'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve)
  })
}

/** What became of a promise by now, to see that it has not settled. */
export function outcome(promise: Promise<unknown>): { state: 'pending' | 'resolved' | 'rejected' } {
  const result: ReturnType<typeof outcome> = { state: 'pending' }
  promise.then(
    () => (result.state = 'resolved'),
    () => (result.state = 'rejected')
  )
  return result
}
