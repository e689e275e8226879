import {
  type Algorithm,
  type Collective,
  type DType,
  type MemberBudget,
  MAX_PEER_ID_LENGTH,
  peerId,
  type PeerId,
  type PlanMember,
  type ReduceOp,
  type RoundRequest
} from '@daa-compute/interface'
import type { Reader, Writer } from '@daa-compute/wire'
import {
  MAX_ATTEMPT,
  MAX_BALLOT,
  MAX_CODEC_NAME_LENGTH,
  MAX_LAYOUT_LENGTH,
  MAX_MEMBERS,
  MAX_RULE_LENGTH
} from '../../constants.ts'
import { DIGEST_LENGTH, keep } from './digest.ts'

const COLLECTIVES: readonly Collective[] = [
  'allReduce',
  'reduceScatter',
  'allGather',
  'broadcast',
  'barrier'
]
const OPS: readonly ReduceOp[] = ['sum', 'mean', 'min', 'max', 'product']
const DTYPES: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']
const ALGORITHMS: readonly (Algorithm | 'auto')[] = [
  'auto',
  'ring',
  'tree',
  'butterfly',
  'hierarchical',
  'direct'
]

export function writeRequest(writer: Writer, request: RoundRequest): void {
  writer.oneOf(COLLECTIVES, request.collective).oneOf(OPS, request.op)
  writer.oneOf(DTYPES, request.dtype).uint53(request.length)
  writer
    .text(request.layout)
    .text(request.codec)
    .text(request.rule ?? '')
  writer.oneOf(ALGORITHMS, request.algorithm)
}

export function readRequest(reader: Reader): RoundRequest {
  const request = {
    collective: reader.oneOf(COLLECTIVES),
    op: reader.oneOf(OPS),
    dtype: reader.oneOf(DTYPES),
    length: reader.uint53(),
    layout: reader.text(MAX_LAYOUT_LENGTH),
    codec: reader.text(MAX_CODEC_NAME_LENGTH)
  }
  const rule = reader.text(MAX_RULE_LENGTH)
  const algorithm = reader.oneOf(ALGORITHMS)
  return { ...request, ...(rule === '' ? {} : { rule }), algorithm }
}

export function writeMembers(writer: Writer, members: readonly PlanMember[]): void {
  writer.list(members, (w, member) =>
    writeBudget(w.text(member.peer).text(member.incarnation), member)
  )
}

/** @throws {TypeError} when a peer is in the list twice */
export function readMembers(reader: Reader): PlanMember[] {
  const members = reader.list(MAX_MEMBERS, readMember)
  if (new Set(members.map(({ peer }) => peer)).size !== members.length) {
    throw new TypeError('a peer is in a configuration twice')
  }
  return members
}

function readMember(reader: Reader): PlanMember {
  const peer = readPeer(reader)
  const incarnation = reader.text(16)
  const budget = readBudget(reader)
  // most give none, and to copy nothing takes as long as to copy it
  return budget === NO_BUDGET ? { peer, incarnation } : { peer, incarnation, ...budget }
}

/** One more than each number, so that 0 is free to say that there is none. */
export function writeBudget(writer: Writer, { uplink, downlink }: MemberBudget): Writer {
  for (const speed of [uplink, downlink]) writer.uint53(speed === undefined ? 0 : speed + 1)
  return writer
}

const NO_BUDGET: MemberBudget = {}

export function readBudget(reader: Reader): MemberBudget {
  const uplink = reader.uint53()
  const downlink = reader.uint53()
  if (uplink === 0 && downlink === 0) return NO_BUDGET
  return {
    ...(uplink > 0 && { uplink: uplink - 1 }),
    ...(downlink > 0 && { downlink: downlink - 1 })
  }
}

export function readPeer(reader: Reader): PeerId {
  return peerId(reader.text(MAX_PEER_ID_LENGTH))
}

export function readAttempt(reader: Reader): number {
  return atMost(MAX_ATTEMPT, reader.uint32())
}

export function readBallot(reader: Reader): number {
  return atMost(MAX_BALLOT, reader.uint32())
}

/** Of its own: the message outlives the frame it came in. */
export function readDigest(reader: Reader): Uint8Array {
  return keep(reader.bytes(DIGEST_LENGTH))
}

function atMost(limit: number, value: number): number {
  if (value > limit) throw new TypeError(`${value} is over ${limit}`)
  return value
}
