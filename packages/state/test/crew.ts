import { joinRun, type Run, type RunInit } from '@daa-compute/allreduce'
import {
  createSimnet,
  type SimDirectory,
  type Simnet,
  type SimnetInit,
  type SimPeer
} from '@daa-compute/simnet'
import { createReplica } from '../src/replica/create-replica.ts'
import type { Replica, ReplicaInit } from '../src/replica/replica.ts'

export interface Model {
  readonly weights: Float32Array<ArrayBuffer>
  readonly taken: Int32Array<ArrayBuffer>
}

export function createModel(length = 100, first = 0.5): Model {
  return {
    weights: Float32Array.from({ length }, (_, i) => first + i / length),
    taken: new Int32Array(1)
  }
}

/** Depends on where it is, so that a round too many or too few shows. */
export function applyTo({ weights, taken }: Model): (values: Float32Array) => void {
  return (values) => {
    taken[0] = (taken[0] ?? 0) + 1
    for (let i = 0; i < weights.length; i++) {
      weights[i] = (weights[i] ?? 0) * 0.99 + (values[i] ?? 0) / taken[0]
    }
  }
}

/** A peer of a run that trains a model of its own and of everybody. */
export interface Hand {
  readonly peer: SimPeer
  readonly run: Run
  readonly model: Model
  readonly replica: Replica<Float32Array>
}

export interface Crew {
  readonly net: Simnet
  readonly directory: SimDirectory
  readonly peers: SimPeer[]
  /** Call inside `net.run`. */
  join(
    peer: SimPeer,
    options?: Partial<RunInit>,
    replica?: Partial<ReplicaInit<Float32Array>>,
    model?: Model
  ): Promise<Hand>
}

export function createCrew(size: number, init: Partial<SimnetInit> = {}): Crew {
  const net = createSimnet({ seed: 1, latencyMs: { min: 1, max: 5 }, ...init })
  const directory = net.directory()
  const peers = Array.from({ length: size }, (_, i) => net.addPeer(`peer-${i}`))
  return {
    net,
    directory,
    peers,
    async join(peer, options = {}, replicaOptions = {}, model = createModel()) {
      const { connector, clock, random } = peer
      const run = await joinRun({
        ...{ run: 'test', connector, clock, random, directory: directory.join(peer) },
        ...{ minPeers: 1, patienceMs: 2_000, suspectAfterMs: 500, quorumLossMs: 1_000, ...options }
      })
      const replica = await createReplica<Float32Array>({
        ...{ run, connector, clock, random, tensors: { ...model } },
        ...{ apply: applyTo(model), ...replicaOptions }
      })
      return { peer, run, model, replica }
    }
  }
}

/** Waits until every run has every other as a member. */
export async function linked(hands: readonly Hand[]): Promise<void> {
  await Promise.all(
    hands.map(async ({ run }) => {
      const all = Promise.withResolvers<void>()
      const look = (): void => {
        if (run.members.length >= hands.length) all.resolve()
      }
      const end = run.on('member:up', look)
      look()
      await all.promise
      end()
    })
  )
}

export function sleep({ clock }: SimPeer, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(ms, resolve))
}

/** Another for each peer and step. */
export function gradient(hand: number, step: number, length = 100): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7 + hand * 13 + step * 31) % 101) - 50)
}

export function sameState(a: Model, b: Model): boolean {
  const bits = ({ weights }: Model): Uint32Array => new Uint32Array(weights.buffer)
  const others = bits(b)
  return a.taken[0] === b.taken[0] && bits(a).every((value, i) => value === others[i])
}
