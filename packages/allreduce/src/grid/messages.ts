import { MAX_PEER_ID_LENGTH, peerId, type PeerId } from '@daa-compute/interface'
import { createReader, createWriter } from '@daa-compute/wire'
import { MAX_CELL_LENGTH, MAX_GROUP_SIZE, MAX_MATCHED, MAX_STEP } from './constants.ts'

/** "Whom do I average with?" */
export interface SeekMessage {
  readonly step: number
  readonly cell: string
  /** Places along an axis. */
  readonly groupSize: number
}

/** How far the others are. */
export interface Progress {
  /** The latest step that was heard of. */
  readonly newest: number
  /** ms since. */
  readonly ageMs: number
}

/** "With these." */
export interface MatchMessage extends Progress {
  readonly type: 'match'
  /** Names the group: random, so that no other has its name. */
  readonly nonce: Uint8Array
  /** The place of rank 0 along the axis; the others follow it, around the end. */
  readonly place: number
  /** Its members, who asks included. */
  readonly peers: readonly PeerId[]
}

/** "With nobody: the others are at this step." Or the matchmaker has too much to do. */
export interface PassMessage extends Progress {
  readonly type: 'pass'
  readonly isBusy: boolean
}

export type AnswerMessage = MatchMessage | PassMessage

const MAX_AGE_MS: number = 2 ** 32 - 1

/** Bytes of a group's name. */
export const NONCE_LENGTH = 8

/** A cell in which nobody is: who seeks in it only wants to know how far the others are. */
export const NO_CELL = ''

export function encodeSeek({ step, cell, groupSize }: SeekMessage): Uint8Array {
  return createWriter(64).uint53(step).text(cell).uint16(groupSize).finish()
}

/** @throws {WireError | TypeError} for anything that {@link encodeSeek} does not write */
export function decodeSeek(bytes: Uint8Array): SeekMessage {
  const reader = createReader(bytes)
  const message = {
    step: checkStep(reader.uint53()),
    cell: reader.text(MAX_CELL_LENGTH),
    groupSize: reader.uint16()
  }
  reader.end()
  if (message.groupSize < 2 || message.groupSize > MAX_GROUP_SIZE) {
    throw new TypeError(`a group has 2 to ${MAX_GROUP_SIZE} members, not ${message.groupSize}`)
  }
  return message
}

export function encodeAnswer(answer: AnswerMessage): Uint8Array {
  const writer = createWriter(512).uint53(answer.newest).uint32(Math.min(answer.ageMs, MAX_AGE_MS))
  if (answer.type === 'pass') return writer.uint8(answer.isBusy ? 2 : 1).finish()
  return writer
    .uint8(0)
    .bytes(answer.nonce)
    .uint16(answer.place)
    .list(answer.peers, (w, peer) => w.text(peer))
    .finish()
}

/**
 * @param self who has asked: it is in every group that it is told of
 * @throws {WireError | TypeError} for anything that {@link encodeAnswer} does not write
 */
export function decodeAnswer(bytes: Uint8Array, self: PeerId): AnswerMessage {
  const reader = createReader(bytes)
  const newest = checkStep(reader.uint53())
  const ageMs = reader.uint32()
  const kind = reader.uint8()
  if (kind > 2) throw new TypeError(`there is no answer ${kind}`)
  if (kind > 0) {
    reader.end()
    return { type: 'pass', newest, ageMs, isBusy: kind === 2 }
  }
  const nonce = reader.bytes(NONCE_LENGTH).slice()
  const place = reader.uint16()
  const peers = reader.list(MAX_MATCHED, (r) => peerId(r.text(MAX_PEER_ID_LENGTH)))
  reader.end()
  if (new Set(peers).size !== peers.length) throw new TypeError('a peer is in a group twice')
  if (!peers.includes(self)) throw new TypeError('it names a group without who has asked')
  return { type: 'match', newest, ageMs, nonce, place, peers }
}

function checkStep(step: number): number {
  if (step > MAX_STEP) throw new TypeError(`step ${step} is over ${MAX_STEP}`)
  return step
}
