import {
  type Algorithm,
  type Ballot,
  type DType,
  peerId,
  MAX_PEER_ID_LENGTH,
  type PeerId,
  type RoundRequest
} from '@daa-compute/interface'
import { createReader, createWriter, type Reader, type Writer } from '@daa-compute/wire'
import {
  MAX_ATTEMPT,
  MAX_CODEC_NAME_LENGTH,
  MAX_MEMBERS,
  MAX_REASON_LENGTH,
  MAX_WEIGHT
} from '../constants.ts'

/** "I am in `allReduce` and bring this." */
export interface JoinMessage {
  readonly type: 'join'
  /** Hexadecimal, empty before the lineage's first round. */
  readonly lineage: string
  readonly sequence: number
  readonly attempt: number
  readonly request: RoundRequest
}

/** "We should go by the plan with this digest." The author's only one of this attempt. */
export interface ProposeMessage {
  readonly type: 'propose'
  readonly sequence: number
  readonly attempt: number
  readonly planDigest: Uint8Array
  /** Everybody its author saw to have joined, whether proposed or not. */
  readonly sees: readonly PeerId[]
}

/** "I am not in `allReduce` any more." What it had proposed, its author votes against. */
export interface WithdrawMessage {
  readonly type: 'withdraw'
}

/** A member's one vote on an attempt. */
export interface VoteMessage {
  readonly type: 'vote'
  readonly planDigest: Uint8Array
  readonly ballot: Ballot
}

/** "I am at this round", to a peer that joined an earlier one. */
export interface PositionMessage {
  readonly type: 'position'
  readonly lineage: string
  readonly sequence: number
}

/** "I am here", for as long as a round forms or runs. */
export interface AliveMessage {
  readonly type: 'alive'
}

export type ControlMessage =
  | JoinMessage
  | ProposeMessage
  | WithdrawMessage
  | VoteMessage
  | PositionMessage
  | AliveMessage

const TAGS = { join: 1, propose: 2, withdraw: 3, vote: 4, position: 5, alive: 6 } as const
const DTYPES: readonly DType[] = ['float32']
const ALGORITHM_NAMES: readonly Algorithm[] = ['ring']
const DIGEST_LENGTH = 32

export function encodeMessage(message: ControlMessage): Uint8Array {
  const writer = createWriter().uint8(TAGS[message.type])
  switch (message.type) {
    case 'join':
      writer.text(message.lineage).uint53(message.sequence).uint32(message.attempt)
      writeRequest(writer, message.request)
      break
    case 'propose':
      writer.uint53(message.sequence).uint32(message.attempt)
      writer.bytes(message.planDigest).list(message.sees, (w, peer) => w.text(peer))
      break
    case 'vote':
      writer.bytes(message.planDigest)
      writeBallot(writer, message.ballot)
      break
    case 'position':
      writer.text(message.lineage).uint53(message.sequence)
      break
    case 'withdraw':
    case 'alive':
  }
  return writer.finish()
}

/** @throws {WireError | TypeError} for anything that {@link encodeMessage} does not write */
export function decodeMessage(bytes: Uint8Array): ControlMessage {
  const reader = createReader(bytes)
  const message = readMessage(reader)
  reader.end()
  return message
}

function readMessage(reader: Reader): ControlMessage {
  const tag = reader.uint8()
  switch (tag) {
    case TAGS.join:
      return {
        type: 'join',
        lineage: reader.text(2 * DIGEST_LENGTH),
        sequence: reader.uint53(),
        attempt: readAttempt(reader),
        request: readRequest(reader)
      }
    case TAGS.propose:
      return {
        type: 'propose',
        sequence: reader.uint53(),
        attempt: readAttempt(reader),
        planDigest: readDigest(reader),
        sees: reader.list(MAX_MEMBERS, readPeer)
      }
    case TAGS.withdraw:
      return { type: 'withdraw' }
    case TAGS.vote:
      return { type: 'vote', planDigest: readDigest(reader), ballot: readBallot(reader) }
    case TAGS.position:
      return {
        type: 'position',
        lineage: reader.text(2 * DIGEST_LENGTH),
        sequence: reader.uint53()
      }
    case TAGS.alive:
      return { type: 'alive' }
    default:
      throw new TypeError(`there is no message ${tag}`)
  }
}

function writeRequest(writer: Writer, request: RoundRequest): void {
  writer.uint8(DTYPES.indexOf(request.dtype)).uint53(request.length).text(request.codec)
  writer.uint8(ALGORITHM_NAMES.indexOf(request.algorithm)).float64(request.weight)
}

function readRequest(reader: Reader): RoundRequest {
  const dtype = oneOf(DTYPES, reader.uint8())
  const length = reader.uint53()
  const codec = reader.text(MAX_CODEC_NAME_LENGTH)
  const algorithm = oneOf(ALGORITHM_NAMES, reader.uint8())
  const weight = reader.float64()
  // checked where it is given, too, but a peer may have left that out
  if (!(weight > 0 && weight <= MAX_WEIGHT)) throw new TypeError(`there is no weight ${weight}`)
  return { dtype, length, codec, algorithm, weight }
}

function writeBallot(writer: Writer, ballot: Ballot): void {
  if (ballot.type === 'commit') writer.uint8(1).bytes(ballot.digest)
  else
    writer
      .uint8(0)
      .text(ballot.culprit ?? '')
      .text(ballot.reason.slice(0, MAX_REASON_LENGTH / 4))
}

function readBallot(reader: Reader): Ballot {
  if (reader.uint8() === 1) return { type: 'commit', digest: readDigest(reader) }
  const culprit = reader.text(MAX_PEER_ID_LENGTH)
  return {
    type: 'abort',
    culprit: culprit === '' ? undefined : peerId(culprit),
    reason: reader.text(MAX_REASON_LENGTH)
  }
}

function readPeer(reader: Reader): PeerId {
  return peerId(reader.text(MAX_PEER_ID_LENGTH))
}

function readAttempt(reader: Reader): number {
  const attempt = reader.uint32()
  if (attempt > MAX_ATTEMPT) throw new TypeError(`there is no attempt ${attempt}`)
  return attempt
}

/** A copy: the message outlives the frame it came in. */
function readDigest(reader: Reader): Uint8Array {
  return reader.bytes(DIGEST_LENGTH).slice()
}

function oneOf<T>(choices: readonly T[], index: number): T {
  const chosen = choices[index]
  if (chosen === undefined) throw new TypeError(`there is no choice ${index}`)
  return chosen
}
