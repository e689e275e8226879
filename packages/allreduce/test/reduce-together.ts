import type { Algorithm, Codec, Collective, DType, Plan, ReduceOp } from '@daa-compute/interface'
import { peerId } from '@daa-compute/interface'
import { createReduction, type Reduction } from '../src/executor/reduction.ts'
import { DataRouter } from '../src/executor/router.ts'
import type { Tensor, Values } from '../src/executor/tensor.ts'
import { UndoBuffer } from '../src/executor/undo.ts'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'

/** What a plan may be made of; the rest follows from the values. */
export interface Together {
  readonly values: readonly Tensor[]
  readonly weights?: readonly number[]
  readonly dtype?: DType
  readonly op?: ReduceOp
  readonly collective?: Collective
  readonly algorithm?: Algorithm
  readonly clusters?: readonly (readonly number[])[]
  readonly shards?: readonly number[]
  readonly root?: number
  readonly segmentLength?: number
  readonly codec?: Codec
  readonly allowNonFinite?: boolean
  /** Changes the bytes of a frame on its way. */
  tamper?(from: number, to: number, frame: Uint8Array): Uint8Array
  onProgress?(rank: number, done: number, total: number): void
}

/** One peer of those that reduce together. */
export interface Reducing {
  readonly reduction: Reduction
  readonly undo: UndoBuffer
  readonly router: DataRouter
}

/** A plan for so many ranks; its digest only has to differ from other plans'. */
export function planOf(init: Together, attempt = 0): Plan {
  const size = init.values.length
  const digest = new Uint8Array(32).fill(7)
  digest[0] = attempt
  return {
    id: { run: 'test', lineage: '', sequence: 3, attempt },
    members: Array.from({ length: size }, (_, rank) => ({
      peer: peerId(`peer-${rank}`),
      incarnation: '0'.repeat(16)
    })),
    collective: init.collective ?? 'allReduce',
    op: init.op ?? 'mean',
    dtype: init.dtype ?? 'float32',
    length: init.values[0]?.length ?? 0,
    codec: init.codec?.name ?? 'float32',
    algorithm: init.algorithm ?? 'ring',
    clusters: init.clusters ?? [],
    shards: init.shards ?? [],
    root: init.root ?? 0,
    segmentLength: init.segmentLength ?? 16,
    digest
  }
}

/** Peers connected by queues in memory, of one frame at a time each way. */
export function reducing(init: Together, plan: Plan = planOf(init)): Reducing[] {
  const peers: Reducing[] = []
  const lanes = new Map<string, Promise<void>>()
  const deliver = async (from: number, to: number, frame: Uint8Array): Promise<void> => {
    const sender = plan.members[from]?.peer
    if (sender === undefined) throw new RangeError(`there is no rank ${from}`)
    const sent = init.tamper?.(from, to, frame) ?? frame
    try {
      await peers[to]?.router.deliver(sender, sent)
    } catch (error) {
      // as a mesh does: the link is gone, and both ends get to know
      peers[to]?.reduction.fail(error as Error)
    }
  }
  for (const [rank, values] of init.values.entries()) {
    const undo = new UndoBuffer()
    undo.begin(values)
    const router = new DataRouter()
    const reduction = createReduction({
      plan,
      rank,
      values,
      weight: init.weights?.[rank] ?? 1,
      undo,
      codec: init.codec,
      hasher: sha256Hasher,
      router,
      allowNonFinite: init.allowNonFinite,
      onProgress: init.onProgress && ((done, total) => init.onProgress?.(rank, done, total)),
      send(to, frame) {
        const parts = frame instanceof Uint8Array ? [frame] : frame
        const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
        let at = 0
        for (const part of parts) {
          whole.set(part, at)
          at += part.byteLength
        }
        const lane = `${rank} ${to}`
        const earlier = lanes.get(lane) ?? Promise.resolve()
        const turn = earlier.then(() => deliver(rank, to, whole))
        lanes.set(lane, turn)
        return turn
      }
    })
    peers.push({ reduction, undo, router })
  }
  return peers
}

/** Runs all of them to the end. @returns their digests, in hexadecimal */
export async function reduceTogether(init: Together): Promise<string[]> {
  const peers = reducing(init)
  const digests = await Promise.all(peers.map(({ reduction }) => reduction.run()))
  return digests.map((digest) =>
    Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  )
}

/** Bytes of values, to compare bit by bit. */
export function bytesOf(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
