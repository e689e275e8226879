import type { Admission, Channel, PeerId } from '@daa-compute/interface'
import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { createSimnet, type Simnet, type SimPeer } from '@daa-compute/simnet'
import {
  type AdmittingConnector,
  allowList,
  createAdmittingConnector,
  openAdmission,
  preSharedKey
} from '../../src/index.ts'
import { wait } from './simulation.ts'

const key = new Uint8Array(32).fill(7)
const peers = ['near', 'far', 'crashed'] as PeerId[]

const admissions: readonly (readonly [string, () => Admission])[] = [
  ['open', openAdmission],
  ['allow-list', () => allowList(peers)],
  ['pre-shared key', () => preSharedKey(key)]
]

for (const [name, admission] of admissions) {
  let simnet: Simnet = createSimnet({ seed: 1 })
  const hooks = {
    drive: <T>(work: Promise<T>) => simnet.run(() => work),
    pause: () => wait(simnet.clock, 10)
  }
  const add = (id: string): { peer: SimPeer; connector: AdmittingConnector } => {
    const peer = simnet.addPeer(id)
    const { connector, clock, random } = peer
    const init = { connector, run: 'a run', admission: admission(), clock, random }
    return { peer, connector: createAdmittingConnector(init) }
  }
  const pair = (): {
    near: AdmittingConnector
    far: AdmittingConnector
    dispose(): Promise<void>
  } => {
    simnet = createSimnet({ seed: 1 })
    const [near, far] = [add('near'), add('far')]
    return {
      near: near.connector,
      far: far.connector,
      async dispose() {
        near.peer.crash()
        far.peer.crash()
      }
    }
  }

  channelConformance(`${name} admission`, {
    ...hooks,
    maxInFlight: 4 * 2 ** 20,
    async connect() {
      const { near, far, dispose } = pair()
      const { promise, resolve } = Promise.withResolvers<Channel>()
      await far.accept('/test/channel/1', resolve)
      return {
        near: await near.open(far.self, '/test/channel/1'),
        far: await promise,
        dispose
      }
    }
  })

  connectorConformance(`${name} admission`, {
    ...hooks,
    async connect() {
      const { near, far, dispose } = pair()
      const crashed = simnet.addPeer('crashed')
      crashed.crash()
      return {
        near,
        far,
        nobody: crashed.id,
        stopNear: () => near.stop(),
        dispose
      }
    }
  })
}
