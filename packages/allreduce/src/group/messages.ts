import { MAX_PEER_ID_LENGTH, type PeerId, peerId } from '@daa-compute/interface'
import { createReader, createWriter, type Reader, type Writer } from '@daa-compute/wire'
import { MAX_REASON_LENGTH } from '../constants.ts'
import { MAX_TAGS } from '../mesh/constants.ts'
import { type GroupRequest, readGroupRequest, writeGroupRequest } from './request.ts'

/** One operation: the calls with a tag are counted from 0, at each member. */
export interface OperationId {
  readonly tag: number
  readonly sequence: number
}

/**
 * How far a member is with an operation: it has not called it; it moves, or
 * waits for somebody who moves; it waits for somebody who has not called; it is over.
 */
export type OperationState = 'idle' | 'running' | 'patient' | 'over'

/** What members tell each other besides segments. */
export type GroupMessage =
  /** "How far are you with this, and what did you call?" Asked when nothing comes. */
  | ({ readonly type: 'ask' } & OperationId)
  /** The answer. */
  | ({
      readonly type: 'status'
      readonly state: OperationState
      readonly request: GroupRequest | undefined
    } & OperationId)
  /** "I have given this up, and you will wait in vain." */
  | ({
      readonly type: 'abort'
      readonly culprit: PeerId | undefined
      readonly reason: string
      readonly request: GroupRequest | undefined
    } & OperationId)
  /** "I close; tell me when you need nothing more of what came before these." */
  | { readonly type: 'leave'; readonly done: readonly OperationId[] }
  /** "I do not." */
  | { readonly type: 'release' }

const TYPES = { ask: 1, status: 2, abort: 3, leave: 4, release: 5 } as const
const STATES: readonly OperationState[] = ['idle', 'running', 'patient', 'over']

export function encodeGroupMessage(message: GroupMessage): Uint8Array {
  const writer = createWriter().uint8(TYPES[message.type])
  switch (message.type) {
    case 'ask':
      writeId(writer, message)
      break
    case 'status':
      writeId(writer, message).oneOf(STATES, message.state)
      writer.optional(message.request, writeGroupRequest)
      break
    case 'abort':
      writeId(writer, message)
        .text(message.culprit ?? '')
        // at most four bytes of UTF-8 each
        .text(message.reason.slice(0, MAX_REASON_LENGTH / 4))
      writer.optional(message.request, writeGroupRequest)
      break
    case 'leave':
      writer.list(message.done, writeId)
      break
    case 'release':
  }
  return writer.finish()
}

/** @throws {WireError | TypeError} for anything that {@link encodeGroupMessage} does not write */
export function decodeGroupMessage(bytes: Uint8Array): GroupMessage {
  const reader = createReader(bytes)
  const message = readMessage(reader)
  reader.end()
  return message
}

function readMessage(reader: Reader): GroupMessage {
  const type = reader.uint8()
  switch (type) {
    case TYPES.ask:
      return { type: 'ask', ...readId(reader) }
    case TYPES.status: {
      const id = readId(reader)
      return {
        type: 'status',
        ...id,
        state: reader.oneOf(STATES),
        request: reader.optional(readGroupRequest)
      }
    }
    case TYPES.abort: {
      const id = readId(reader)
      const culprit = reader.text(MAX_PEER_ID_LENGTH)
      return {
        type: 'abort',
        ...id,
        culprit: culprit === '' ? undefined : peerId(culprit),
        reason: reader.text(MAX_REASON_LENGTH),
        request: reader.optional(readGroupRequest)
      }
    }
    case TYPES.leave:
      return { type: 'leave', done: reader.list(MAX_TAGS, readId) }
    case TYPES.release:
      return { type: 'release' }
    default:
      throw new TypeError(`there is no message ${type}`)
  }
}

function writeId<W extends Writer>(writer: W, { tag, sequence }: OperationId): W {
  return writer.uint32(tag).uint32(sequence)
}

function readId(reader: Reader): OperationId {
  return { tag: reader.uint32(), sequence: reader.uint32() }
}
