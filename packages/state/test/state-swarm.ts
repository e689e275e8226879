import type { PeerId } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '@daa-compute/simnet'
import {
  createSharedState,
  type Revision,
  type SharedState,
  type SharedStateInit,
  type StateError
} from '../src/index.ts'
import { seeded } from './seeded.ts'

export const LINEAGE = 'lineage-a'

/** What veterans have at first. */
export const FIRST: Revision = { lineage: LINEAGE, sequence: 7 }

/** One peer's state in a simulated network. */
export interface Member {
  readonly peer: SimPeer
  readonly state: SharedState
  readonly tensors: { readonly weights: Float32Array; readonly step: Int32Array }
  /** Whom it dropped, and why. */
  readonly dropped: { readonly peer: PeerId; readonly reason: StateError }[]
}

export interface StateSwarm {
  readonly net: Simnet
  /** The peers that had the state from the start. */
  readonly veterans: readonly Member[]
  readonly ids: readonly PeerId[]
  /** Makes a further peer, whose state is whatever `tensors` hold. */
  add(name: string, init?: Partial<SharedStateInit>): Promise<Member>
  /** What one round results in, and does at a member. */
  round(member: Member, sequence: number): Promise<void>
}

/** Numbers in a model. */
export const LENGTH: number = 64 * 1024

/** The bytes that a round results in. */
export function deltaOf(sequence: number, length: number): Float32Array {
  const next = seeded(sequence)
  return Float32Array.from({ length }, () => next() - 0.5)
}

export function applyTo(tensors: Member['tensors'], delta: Float32Array): void {
  for (const [i, value] of delta.entries()) {
    tensors.weights[i] = (tensors.weights[i] ?? 0) * 0.9 + value
  }
  tensors.step[0] = (tensors.step[0] ?? 0) + 1
}

export interface SwarmInit extends Partial<SimnetInit> {
  readonly size?: number
  readonly length?: number
  readonly state?: Partial<SharedStateInit>
  /** For some veterans. */
  readonly stateOf?: (index: number) => Partial<SharedStateInit>
}

/** Makes veterans with equal states at revision 7; call inside of `net.run`. */
export async function createStateSwarm(net: Simnet, init: SwarmInit = {}): Promise<StateSwarm> {
  const { size = 3, length = LENGTH, state = {}, stateOf } = init
  const all: SimPeer[] = []
  async function add(name: string, own: Partial<SharedStateInit> = {}): Promise<Member> {
    const peer = net.addPeer(name)
    all.push(peer)
    const tensors = { weights: new Float32Array(length), step: new Int32Array(1) }
    const shared = await createSharedState({
      run: 'test',
      connector: peer.connector,
      clock: peer.clock,
      random: peer.random,
      tensors,
      blockLength: 16 * 1024,
      members: () => all.map(({ id }) => id),
      ...state,
      ...own
    })
    const dropped: { peer: PeerId; reason: StateError }[] = []
    shared.on('donor:dropped', (event) => void dropped.push(event))
    return { peer, state: shared, tensors, dropped }
  }
  const veterans: Member[] = []
  for (let i = 0; i < size; i++) veterans.push(await add(`veteran-${i}`, stateOf?.(i)))
  const ids = veterans.map(({ peer }) => peer.id)
  const values = deltaOf(1000, length)
  for (const { tensors, state: shared } of veterans) {
    tensors.weights.set(values)
    shared.declare(FIRST, ids)
  }
  return {
    net,
    veterans,
    ids,
    add,
    async round({ state: shared, tensors }, sequence) {
      const delta = deltaOf(sequence, length)
      await shared.update(
        { lineage: LINEAGE, sequence: sequence + 1 },
        ids,
        [new Uint8Array(delta.buffer)],
        () => applyTo(tensors, delta)
      )
    }
  }
}

/** Runs a test in virtual time; says the seed when it fails. */
export async function inSwarm(
  init: SwarmInit & { readonly seed: number },
  test: (swarm: StateSwarm) => Promise<void>
): Promise<void> {
  const { size: _size, length: _length, state: _state, stateOf: _stateOf, ...rest } = init
  const net = createSimnet({ latencyMs: { min: 5, max: 15 }, bandwidth: 100e6, ...rest })
  try {
    await net.run(async () => test(await createStateSwarm(net, init)))
  } catch (error) {
    throw new Error(`seed ${init.seed}: ${String(error)}`, { cause: error })
  }
}

export function replayOn({ tensors }: Member): (delta: Uint8Array) => void {
  return (delta) => applyTo(tensors, new Float32Array(delta.slice().buffer))
}

export function sleep({ peer }: Member, ms: number): Promise<void> {
  return new Promise((resolve) => {
    peer.clock.schedule(ms, resolve)
  })
}

/** As `toEqual`, for arrays that are too long for it. */
export function sameValues(a: Float32Array, b: Float32Array | undefined): boolean {
  return a.length === b?.length && a.every((value, i) => value === b[i])
}
