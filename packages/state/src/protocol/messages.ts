import { type PeerId, peerId } from '@daa-compute/interface'
import { createReader, createWriter, type Reader, type Writer } from '@daa-compute/wire'
import {
  MAX_DIGEST_LENGTH,
  MAX_LAYOUT_LENGTH,
  MAX_LINEAGE_LENGTH,
  MAX_PARTICIPANTS
} from '../constants.ts'
import type { Revision } from '../shared-state.ts'

/** What is fetched: a donor's state, or what led from that revision to the next. */
export interface ObjectRef {
  readonly kind: 'snapshot' | 'delta'
  readonly revision: Revision
}

/** What a joiner asks. */
export type Request =
  | { readonly type: 'status' }
  /** To hold a revision, if need be once it is there, and to vouch for it. */
  | { readonly type: 'pin'; readonly revision: Revision; readonly waitMs: number }
  /** To vouch for what led from a revision to the next one. */
  | { readonly type: 'delta'; readonly from: Revision; readonly waitMs: number }
  | {
      readonly type: 'nodes'
      readonly of: ObjectRef
      readonly level: number
      readonly index: number
    }
  | { readonly type: 'block'; readonly of: ObjectRef; readonly index: number }
  | { readonly type: 'layout' }
  /** To let go the state; what rounds result in from now on is kept for a while. */
  | { readonly type: 'release' }

/** Which revision, and whose. */
export interface Statement {
  readonly revision: Revision
  readonly participants: readonly PeerId[]
}

/** A statement, and what it is made about. */
export interface Vouch extends Statement {
  readonly layout: Uint8Array
  readonly byteLength: number
  readonly blockLength: number
  readonly root: Uint8Array
}

export type Refusal = 'not-yet' | 'not-kept' | 'busy' | 'nothing' | 'bad-request'

/** What a donor answers; bytes are views of the frame. */
export type Answer =
  | {
      readonly type: 'status'
      readonly statement: Statement | undefined
      readonly layout: Uint8Array
    }
  | { readonly type: 'vouch'; readonly vouch: Vouch }
  | { readonly type: 'nodes'; readonly hashes: Uint8Array }
  | { readonly type: 'block'; readonly bytes: Uint8Array }
  | { readonly type: 'layout'; readonly text: string }
  | { readonly type: 'done' }
  | {
      readonly type: 'no'
      readonly refusal: Refusal
      /** What the donor has, and what it holds for others. */
      readonly current: Revision | undefined
      readonly held: Revision | undefined
    }

const REQUESTS = ['status', 'pin', 'delta', 'nodes', 'block', 'layout', 'release'] as const
const ANSWERS = ['status', 'vouch', 'nodes', 'block', 'layout', 'done', 'no'] as const
const REFUSALS = ['not-yet', 'not-kept', 'busy', 'nothing', 'bad-request'] as const
const KINDS = ['snapshot', 'delta'] as const

export function encodeRequest(id: number, request: Request): Uint8Array {
  const writer = createWriter().uint32(id).oneOf(REQUESTS, request.type)
  if (request.type === 'pin') writeRevision(writer, request.revision).uint32(request.waitMs)
  if (request.type === 'delta') writeRevision(writer, request.from).uint32(request.waitMs)
  if (request.type === 'nodes') {
    writeRef(writer, request.of).uint8(request.level).uint32(request.index)
  }
  if (request.type === 'block') writeRef(writer, request.of).uint32(request.index)
  return writer.finish()
}

/** @throws {WireError} or {RangeError} for what is no request */
export function decodeRequest(frame: Uint8Array): { id: number; request: Request } {
  const reader = createReader(frame)
  const id = reader.uint32()
  const request = readRequest(reader)
  reader.end()
  return { id, request }
}

function readRequest(reader: Reader): Request {
  const type = reader.oneOf(REQUESTS)
  switch (type) {
    case 'pin':
      return { type, revision: readRevision(reader), waitMs: reader.uint32() }
    case 'delta':
      return { type, from: readRevision(reader), waitMs: reader.uint32() }
    case 'nodes':
      return { type, of: readRef(reader), level: reader.uint8(), index: reader.uint32() }
    case 'block':
      return { type, of: readRef(reader), index: reader.uint32() }
    case 'status':
    case 'layout':
    case 'release':
      return { type }
  }
}

/** The bytes of a block are not in it: they follow. */
export function encodeAnswer(id: number, answer: Answer): Uint8Array {
  const writer = createWriter().uint32(id).oneOf(ANSWERS, answer.type)
  if (answer.type === 'status') {
    writer.optional(answer.statement, writeStatement).prefixed(answer.layout)
  } else if (answer.type === 'vouch') {
    const { vouch } = answer
    writeStatement(writer, vouch).prefixed(vouch.layout).uint53(vouch.byteLength)
    writer.uint32(vouch.blockLength).prefixed(vouch.root)
  } else if (answer.type === 'nodes') {
    writer.bytes(answer.hashes)
  } else if (answer.type === 'layout') {
    writer.text(answer.text)
  } else if (answer.type === 'no') {
    writer.oneOf(REFUSALS, answer.refusal)
    writer.optional(answer.current, writeRevision)
    writer.optional(answer.held, writeRevision)
  }
  return writer.finish()
}

/** @throws {WireError}, {RangeError} or {TypeError} for what is no answer */
export function decodeAnswer(frame: Uint8Array): { id: number; answer: Answer } {
  const reader = createReader(frame)
  const id = reader.uint32()
  const answer = readAnswer(reader)
  reader.end()
  return { id, answer }
}

function readAnswer(reader: Reader): Answer {
  const type = reader.oneOf(ANSWERS)
  switch (type) {
    case 'status': {
      const statement = reader.optional(readStatement)
      return { type, statement, layout: reader.prefixed(MAX_DIGEST_LENGTH) }
    }
    case 'vouch': {
      const statement = readStatement(reader)
      const layout = reader.prefixed(MAX_DIGEST_LENGTH).slice()
      const [byteLength, blockLength] = [reader.uint53(), reader.uint32()]
      const root = reader.prefixed(MAX_DIGEST_LENGTH).slice()
      return { type, vouch: { ...statement, layout, byteLength, blockLength, root } }
    }
    case 'nodes':
      return { type, hashes: reader.bytes(reader.remaining) }
    case 'block':
      return { type, bytes: reader.bytes(reader.remaining) }
    case 'layout':
      return { type, text: reader.text(MAX_LAYOUT_LENGTH) }
    case 'done':
      return { type }
    case 'no': {
      const refusal = reader.oneOf(REFUSALS)
      const current = reader.optional(readRevision)
      return { type, refusal, current, held: reader.optional(readRevision) }
    }
  }
}

function writeRevision(writer: Writer, { lineage, sequence }: Revision): Writer {
  return writer.text(lineage).uint53(sequence)
}

function readRevision(reader: Reader): Revision {
  return { lineage: reader.text(MAX_LINEAGE_LENGTH), sequence: reader.uint53() }
}

function writeRef(writer: Writer, { kind, revision }: ObjectRef): Writer {
  return writeRevision(writer.oneOf(KINDS, kind), revision)
}

function readRef(reader: Reader): ObjectRef {
  return { kind: reader.oneOf(KINDS), revision: readRevision(reader) }
}

function writeStatement(writer: Writer, { revision, participants }: Statement): Writer {
  return writeRevision(writer, revision).list(participants, (inner, peer) => void inner.text(peer))
}

function readStatement(reader: Reader): Statement {
  const revision = readRevision(reader)
  const read = (inner: Reader): PeerId => peerId(inner.text(MAX_LINEAGE_LENGTH))
  const participants = reader.list(MAX_PARTICIPANTS, read)
  // or one peer would weigh as much as many
  if (new Set(participants).size < participants.length)
    throw new RangeError('a peer is named twice')
  return { revision, participants }
}

export function sameRevision(a: Revision | undefined, b: Revision | undefined): boolean {
  return a !== undefined && a.lineage === b?.lineage && a.sequence === b.sequence
}
