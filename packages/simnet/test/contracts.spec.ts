import {
  channelConformance,
  connectorConformance,
  type ChannelConformanceSetup,
  type ConnectorConformanceSetup
} from '@daa-compute/testing'
import type { Channel } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit } from '../src/index.ts'
import { wait } from './pair.ts'

const networks: readonly (readonly [string, Partial<SimnetInit>])[] = [
  ['simnet', {}],
  ['simnet without delay', { latencyMs: 0 }],
  ['simnet with a slow line and a small window', { bandwidth: 50e6, windowLength: 20_000 }]
]

for (const [name, init] of networks) {
  channelConformance(name, channelSetup(init))
  connectorConformance(name, connectorSetup(init))
}

function channelSetup(init: Partial<SimnetInit>): ChannelConformanceSetup {
  const current = currentSimnet(init)
  return {
    ...current.hooks,
    // a window of 1 MiB, the frame that goes beyond it, and what has been returned too late
    maxInFlight: 4 * 2 ** 20,
    async connect() {
      const simnet = current.renew()
      const near = simnet.addPeer('near')
      const far = simnet.addPeer('far')
      const { promise, resolve } = Promise.withResolvers<Channel>()
      await far.connector.accept('/test/channel/1', resolve)
      return {
        near: await near.connector.open(far.id, '/test/channel/1'),
        far: await promise,
        async dispose() {
          near.crash()
          far.crash()
        }
      }
    }
  }
}

function connectorSetup(init: Partial<SimnetInit>): ConnectorConformanceSetup {
  const current = currentSimnet(init)
  return {
    ...current.hooks,
    async connect() {
      const simnet = current.renew()
      const near = simnet.addPeer('near')
      const far = simnet.addPeer('far')
      const crashed = simnet.addPeer('crashed')
      crashed.crash()
      return {
        near: near.connector,
        far: far.connector,
        nobody: crashed.id,
        stopNear: () => near.connector.stop(),
        async dispose() {
          near.crash()
          far.crash()
        }
      }
    }
  }
}

/** The simnet of the test that is running, and how a suite runs in it. */
function currentSimnet(init: Partial<SimnetInit>): {
  renew(): Simnet
  readonly hooks: Required<Pick<ChannelConformanceSetup, 'drive' | 'pause'>>
} {
  let simnet: Simnet = createSimnet({ seed: 1, ...init })
  return {
    renew: () => (simnet = createSimnet({ seed: 1, ...init })),
    hooks: {
      drive: <T>(work: Promise<T>) => simnet.run(() => work),
      pause: () => wait(simnet, 10)
    }
  }
}
