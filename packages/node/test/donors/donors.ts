import { fork } from 'node:child_process'
import type { PeerId } from '@daa-compute/interface'
import { createSharedState, type SharedState } from '@daa-compute/state'
import { type StoppableConnector, systemClock, systemRandom } from '@daa-compute/transport'
import { multiaddr } from '@multiformats/multiaddr'
import { nativeHasher } from '../../src/native-hasher.ts'
import { startPeer } from './peer.ts'
import { RUN } from './weights.ts'

/** A donor in another process. */
export interface RemoteDonor {
  readonly id: PeerId
  signal(signal: NodeJS.Signals): void
}

/** Donors in processes, and a joiner in this one that is connected to them. */
export interface Donors extends AsyncDisposable {
  readonly donors: readonly RemoteDonor[]
  readonly connector: StoppableConnector
  readonly joiner: SharedState
  readonly weights: Float32Array
}

export interface DonorsInit {
  readonly values: number
  /** Of each donor. */
  readonly bitsPerSecond: number
  readonly kinds: readonly ('honest' | 'liar')[]
}

export async function startDonors({ values, bitsPerSecond, kinds }: DonorsInit): Promise<Donors> {
  const children = await Promise.all(kinds.map((kind) => startDonor(values, bitsPerSecond, kind)))
  const ids = children.map(({ id }) => id)
  await Promise.all(children.map((child) => child.declare(ids)))
  const { libp2p, connector } = await startPeer()
  for (const { addresses } of children) {
    await libp2p.dial(addresses.map((address) => multiaddr(address)))
  }
  const weights = new Float32Array(values)
  const joiner = await createSharedState({
    run: RUN,
    connector,
    clock: systemClock,
    random: systemRandom,
    hasher: nativeHasher,
    tensors: { weights },
    members: () => ids
  })
  return {
    donors: children,
    connector,
    joiner,
    weights,
    async [Symbol.asyncDispose]() {
      await joiner.stop()
      await connector.stop()
      await libp2p.stop()
      await Promise.all(children.map((child) => child.end()))
    }
  }
}

async function startDonor(values: number, bitsPerSecond: number, kind: string) {
  const args = [String(values), String(bitsPerSecond), kind]
  const child = fork(new URL('donor-process.ts', import.meta.url), args, {
    execArgv: ['--conditions=source']
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const message = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('error', reject)
    })
  const { id, addresses } = (await message()) as { id: PeerId; addresses: string[] }
  return {
    id,
    addresses,
    signal: (signal: NodeJS.Signals): void => void child.kill(signal),
    async declare(participants: readonly PeerId[]): Promise<void> {
      const declared = message()
      child.send([...participants])
      await declared
    },
    async end(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    }
  }
}
