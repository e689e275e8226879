import type { Clock, Codec, Hasher, PeerId } from '@daa-compute/interface'
import { MAX_CODEC_NAME_LENGTH, MAX_MEMBERS, MAX_RUN_ID_LENGTH } from '../constants.ts'
import { type Network, networkOf } from '../cost/network.ts'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { toHex } from '../round/wire/digest.ts'
import type { GroupArrangement } from './arrange.ts'
import { CONNECT_TIMEOUT_MS, GROUP_PATIENCE_MS } from './constants.ts'
import { GroupError } from './errors.ts'
import type { GroupInit } from './group.ts'

/** A group as `createGroup` was asked for it, checked and completed. */
export interface GroupFacts {
  readonly id: string
  readonly self: PeerId
  readonly rank: number
  readonly members: readonly PeerId[]
  readonly clusters: readonly (readonly number[])[]
  readonly shards: readonly number[]
  /** What the cost model goes by. */
  readonly network: Network
  /** What was chosen for `auto` before, by request: choosing takes longer than a small operation. */
  readonly chosen: Map<string, GroupArrangement>
  /** Stands for members, clusters and shards, for peers to compare. */
  readonly fingerprint: string
  readonly codec: Codec | undefined
  readonly hasher: Hasher
  readonly clock: Clock
  readonly algorithm: NonNullable<GroupInit['algorithm']>
  readonly connectTimeoutMs: number
  readonly patienceMs: number
}

/** @throws {GroupError} `BAD_GROUP` */
export function groupFacts(init: GroupInit): GroupFacts {
  const { connector, members, id = 'group', codec, hasher = sha256Hasher, clock } = init
  const { shards = [], connectTimeoutMs = CONNECT_TIMEOUT_MS } = init
  const patienceMs = init.patienceMs ?? GROUP_PATIENCE_MS
  const bytes = (text: string): number => new TextEncoder().encode(text).length
  const rank = members.indexOf(connector.self)

  check(members.length <= MAX_MEMBERS, `a group has at most ${MAX_MEMBERS} members`)
  check(new Set(members).size === members.length, 'a member is listed twice')
  check(rank !== -1, `this peer, ${connector.self}, is not among the members`)
  check(id !== '' && bytes(id) <= MAX_RUN_ID_LENGTH, 'an id has 1 to 128 bytes')
  check(bytes(codec?.name ?? '') <= MAX_CODEC_NAME_LENGTH, 'the name of the codec is too long')
  check(connectTimeoutMs > 0, 'connectTimeoutMs is more than 0')
  check(patienceMs > 0, 'patienceMs is more than 0')
  check(shards.length === 0 || shards.length === members.length, 'there is a shard for each member')
  const good = shards.every((share) => share >= 0 && share < Infinity)
  check(good && (shards.length === 0 || shards.some((share) => share > 0)), 'shards are at least 0')

  const clusters = (init.clusters ?? []).map((cluster) =>
    cluster.map((peer) => members.indexOf(peer))
  )
  const clustered = clusters.flat()
  check(
    clusters.length === 0 ||
      (clustered.length === members.length &&
        new Set(clustered).size === members.length &&
        !clustered.includes(-1) &&
        clusters.every((cluster) => cluster.length > 0)),
    'every member is in one cluster'
  )
  const hash = hasher.create()
  hash.update(new TextEncoder().encode(JSON.stringify([members, clusters, shards])))
  return {
    id,
    self: connector.self,
    rank,
    members: [...members],
    clusters,
    shards: [...shards],
    network: networkOf(members, init.placement),
    chosen: new Map(),
    fingerprint: `${members.length} (${toHex(hash.digest().subarray(0, 8))})`,
    codec: codec?.name === 'float32' ? undefined : codec,
    hasher,
    clock,
    algorithm: init.algorithm ?? 'ring',
    connectTimeoutMs,
    patienceMs
  }
}

function check(condition: boolean, reason: string): void {
  if (condition) return
  throw new GroupError('BAD_GROUP', `this is no group that can be made: ${reason}`, { reason })
}
