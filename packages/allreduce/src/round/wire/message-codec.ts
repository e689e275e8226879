import { createReader, createWriter, type Reader, type Writer } from '@daa-compute/wire'
import { MAX_MEMBERS, MAX_REASON_LENGTH } from '../../constants.ts'
import {
  oneOf,
  readAttempt,
  readBallot,
  readBudget,
  readDigest,
  readMembers,
  readOptional,
  readPeer,
  readRequest,
  writeBudget,
  writeMembers,
  writeOptional,
  writeRequest
} from './fields.ts'
import {
  type ComplaintKind,
  type ControlMessage,
  MESSAGE_TAGS as TAGS,
  type PromiseMessage,
  type SlotRef
} from './messages.ts'
import { PLAN_TAG_LENGTH } from '../attempt/plan.ts'
import type { Proposal } from '../consensus/proposal.ts'

const KINDS = ['commit', 'retry'] as const
const COMPLAINTS: readonly ComplaintKind[] = [
  'lost',
  'silent',
  'failed',
  'withdrawn',
  'leaving',
  'quit'
]
const MAX_SIGNATURE_LENGTH = 128

export function encodeMessage(message: ControlMessage): Uint8Array {
  const writer = createWriter(256).uint8(TAGS[message.type])
  if ('configuration' in message) writeSlot(writer, message)
  switch (message.type) {
    case 'ask':
      writer.text(message.lineage).uint53(message.sequence).uint8(Number(message.late))
      writer.uint8(Number(message.founds)).uint8(Number(message.isQuestion))
      writeRequest(writer, message.request)
      writer.list(message.sees, (w, peer) => w.text(peer))
      writeBudget(writer, message.budget)
      break
    case 'found':
      writer.uint53(message.sequence).bytes(message.nonce)
      writeMembers(writer, message.members)
      break
    case 'position':
      writer.text(message.lineage).uint53(message.sequence).uint32(message.attempt)
      writer.uint16(message.size).uint8(Number(message.counted))
      writer.uint8(Number(message.isQuestion))
      break
    case 'enter':
      writeRequest(writer, message.request)
      writer
        .bytes(message.plan)
        .uint53(message.done)
        .uint53(message.offered)
        .uint8(Number(message.patienceOver))
      break
    case 'complain':
      writer.uint8(COMPLAINTS.indexOf(message.kind))
      writeOptional(writer, message.culprit, (w, peer) => w.text(peer))
      writer.text(clip(message.reason))
      break
    case 'prepare':
    case 'refuse':
      writer.uint32(message.ballot)
      break
    case 'promise':
      writePromise(writer, message)
      break
    case 'propose':
      writer.uint32(message.ballot)
      writeProposal(writer, message.proposal)
      break
    case 'vote':
      writer.uint32(message.ballot).uint8(KINDS.indexOf(message.kind))
      writeOptional(writer, message.result, (w, result) => w.bytes(result))
      writer.bytes(message.next).prefixed(message.signature)
      break
    case 'decided':
      writer.text(message.lineage).uint32(message.ballot)
      writeProposal(writer, message.proposal)
      writeMembers(writer, message.voters)
      writer.list(message.votes, (w, { rank, signature }) => w.uint16(rank).prefixed(signature))
      break
    case 'withdraw':
      writer.uint8(Number(message.isMisfit))
      break
    case 'query':
    case 'expired':
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
    case TAGS.ask:
      return {
        type: 'ask',
        lineage: reader.text(64),
        sequence: reader.uint53(),
        late: readFlag(reader),
        founds: readFlag(reader),
        isQuestion: readFlag(reader),
        request: readRequest(reader),
        sees: reader.list(MAX_MEMBERS, readPeer),
        budget: readBudget(reader)
      }
    case TAGS.withdraw:
      return { type: 'withdraw', isMisfit: readFlag(reader) }
    case TAGS.found:
      return {
        type: 'found',
        sequence: reader.uint53(),
        nonce: readDigest(reader),
        members: readMembers(reader)
      }
    case TAGS.position:
      return {
        type: 'position',
        lineage: reader.text(64),
        sequence: reader.uint53(),
        attempt: readAttempt(reader),
        size: reader.uint16(),
        counted: readFlag(reader),
        isQuestion: readFlag(reader)
      }
    default:
      return readSlotMessage(tag, reader)
  }
}

function readSlotMessage(tag: number, reader: Reader): ControlMessage {
  const slot = readSlot(reader)
  switch (tag) {
    case TAGS.enter:
      return {
        type: 'enter',
        ...slot,
        request: readRequest(reader),
        plan: reader.bytes(PLAN_TAG_LENGTH).slice(),
        done: reader.uint53(),
        offered: reader.uint53(),
        patienceOver: readFlag(reader)
      }
    case TAGS.complain: {
      const kind = oneOf(COMPLAINTS, reader.uint8())
      const culprit = readOptional(reader, readPeer)
      return { type: 'complain', ...slot, kind, culprit, reason: reader.text(MAX_REASON_LENGTH) }
    }
    case TAGS.prepare:
      return { type: 'prepare', ...slot, ballot: readBallot(reader) }
    case TAGS.promise:
      return readPromise(slot, reader)
    case TAGS.refuse:
      return { type: 'refuse', ...slot, ballot: readBallot(reader) }
    case TAGS.propose:
      return {
        type: 'propose',
        ...slot,
        ballot: readBallot(reader),
        proposal: readProposal(reader)
      }
    case TAGS.vote:
      return {
        type: 'vote',
        ...slot,
        ballot: readBallot(reader),
        kind: oneOf(KINDS, reader.uint8()),
        result: readOptional(reader, readDigest),
        next: readDigest(reader),
        signature: reader.prefixed(MAX_SIGNATURE_LENGTH).slice()
      }
    case TAGS.decided:
      return {
        type: 'decided',
        ...slot,
        lineage: reader.text(64),
        ballot: readBallot(reader),
        proposal: readProposal(reader),
        voters: readMembers(reader),
        votes: reader.list(MAX_MEMBERS, (r) => ({
          rank: r.uint16(),
          signature: r.prefixed(MAX_SIGNATURE_LENGTH).slice()
        }))
      }
    case TAGS.query:
      return { type: 'query', ...slot }
    case TAGS.expired:
      return { type: 'expired', ...slot }
    default:
      throw new TypeError(`there is no message ${tag}`)
  }
}

function writeSlot(writer: Writer, slot: SlotRef): void {
  writer.uint53(slot.sequence).uint32(slot.attempt).bytes(slot.configuration)
}

function readSlot(reader: Reader): SlotRef {
  return {
    sequence: reader.uint53(),
    attempt: readAttempt(reader),
    configuration: readDigest(reader)
  }
}

function writePromise(writer: Writer, promise: PromiseMessage): void {
  writer.uint32(promise.ballot)
  writeOptional(writer, promise.accepted, (w, { ballot, proposal }) => {
    w.uint32(ballot)
    writeProposal(w, proposal)
  })
  writeOptional(writer, promise.holds, (w, digest) => w.bytes(digest))
  writer.uint8(Number(promise.entered)).uint8(Number(promise.patienceOver))
  writer.list(promise.sees, (w, rank) => w.uint16(rank))
}

function readPromise(slot: SlotRef, reader: Reader): PromiseMessage {
  return {
    type: 'promise',
    ...slot,
    ballot: readBallot(reader),
    accepted: readOptional(reader, (r) => ({
      ballot: readBallot(r),
      proposal: readProposal(r)
    })),
    holds: readOptional(reader, readDigest),
    entered: readFlag(reader),
    patienceOver: readFlag(reader),
    sees: reader.list(MAX_MEMBERS, (r) => r.uint16())
  }
}

function writeProposal(writer: Writer, proposal: Proposal): void {
  writer.uint8(KINDS.indexOf(proposal.kind))
  writeOptional(writer, proposal.result, (w, result) => w.bytes(result))
  writeMembers(writer, proposal.members)
  writeOptional(writer, proposal.culprit, (w, peer) => w.text(peer))
  writer.text(clip(proposal.reason))
}

function readProposal(reader: Reader): Proposal {
  const kind = oneOf(KINDS, reader.uint8())
  const result = readOptional(reader, readDigest)
  if (kind === 'retry' && result !== undefined) throw new TypeError('a retry has no result')
  const members = readMembers(reader)
  if (members.length === 0) throw new TypeError('a configuration has members')
  const culprit = readOptional(reader, readPeer)
  return { kind, result, members, culprit, reason: reader.text(MAX_REASON_LENGTH) }
}

function readFlag(reader: Reader): boolean {
  return oneOf([false, true], reader.uint8())
}

/** Four bytes of UTF-8 a character at most. */
function clip(reason: string): string {
  return reason.slice(0, MAX_REASON_LENGTH / 4)
}
