import { createReader, createWriter, type Reader, type Writer } from '@daa-compute/wire'
import { MAX_MEMBERS, MAX_REASON_LENGTH } from '../../constants.ts'
import {
  readAttempt,
  readBallot,
  readBudget,
  readDigest,
  readMembers,
  readPeer,
  readRequest,
  writeBudget,
  writeMembers,
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
import { keep } from './digest.ts'
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
      writer.text(message.lineage).uint53(message.sequence).flag(message.late)
      writer.flag(message.founds).flag(message.isQuestion)
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
      writer.uint16(message.size).flag(message.counted)
      writer.flag(message.isQuestion)
      break
    case 'enter':
      writeRequest(writer, message.request)
      writer
        .bytes(message.plan)
        .uint53(message.done)
        .uint53(message.offered)
        .flag(message.patienceOver)
      break
    case 'complain':
      writer.uint8(COMPLAINTS.indexOf(message.kind))
      writer.optional(message.culprit, (w, peer) => w.text(peer))
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
      writer.optional(message.result, (w, result) => w.bytes(result))
      writer.bytes(message.next).prefixed(message.signature)
      break
    case 'decided':
      writer.text(message.lineage).uint32(message.ballot)
      writeProposal(writer, message.proposal)
      writeMembers(writer, message.voters)
      writer.list(message.votes, (w, { rank, signature }) => w.uint16(rank).prefixed(signature))
      break
    case 'withdraw':
      writer.flag(message.isMisfit)
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
        late: reader.flag(),
        founds: reader.flag(),
        isQuestion: reader.flag(),
        request: readRequest(reader),
        sees: reader.list(MAX_MEMBERS, readPeer),
        budget: readBudget(reader)
      }
    case TAGS.withdraw:
      return { type: 'withdraw', isMisfit: reader.flag() }
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
        counted: reader.flag(),
        isQuestion: reader.flag()
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
        plan: keep(reader.bytes(PLAN_TAG_LENGTH)),
        done: reader.uint53(),
        offered: reader.uint53(),
        patienceOver: reader.flag()
      }
    case TAGS.complain: {
      const kind = reader.oneOf(COMPLAINTS)
      const culprit = reader.optional(readPeer)
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
        kind: reader.oneOf(KINDS),
        result: reader.optional(readDigest),
        next: readDigest(reader),
        signature: keep(reader.prefixed(MAX_SIGNATURE_LENGTH))
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
          signature: keep(r.prefixed(MAX_SIGNATURE_LENGTH))
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
  writer.optional(promise.accepted, (w, { ballot, proposal }) => {
    w.uint32(ballot)
    writeProposal(w, proposal)
  })
  writer.optional(promise.holds, (w, digest) => w.bytes(digest))
  writer.flag(promise.entered).flag(promise.patienceOver)
  writer.list(promise.sees, (w, rank) => w.uint16(rank))
}

function readPromise(slot: SlotRef, reader: Reader): PromiseMessage {
  return {
    type: 'promise',
    ...slot,
    ballot: readBallot(reader),
    accepted: reader.optional((r) => ({
      ballot: readBallot(r),
      proposal: readProposal(r)
    })),
    holds: reader.optional(readDigest),
    entered: reader.flag(),
    patienceOver: reader.flag(),
    sees: reader.list(MAX_MEMBERS, (r) => r.uint16())
  }
}

function writeProposal(writer: Writer, proposal: Proposal): void {
  writer.uint8(KINDS.indexOf(proposal.kind))
  writer.optional(proposal.result, (w, result) => w.bytes(result))
  writeMembers(writer, proposal.members)
  writer.optional(proposal.culprit, (w, peer) => w.text(peer))
  writer.text(clip(proposal.reason))
}

function readProposal(reader: Reader): Proposal {
  const kind = reader.oneOf(KINDS)
  const result = reader.optional(readDigest)
  if (kind === 'retry' && result !== undefined) throw new TypeError('a retry has no result')
  const members = readMembers(reader)
  if (members.length === 0) throw new TypeError('a configuration has members')
  const culprit = reader.optional(readPeer)
  return { kind, result, members, culprit, reason: reader.text(MAX_REASON_LENGTH) }
}

/** Four bytes of UTF-8 a character at most. */
function clip(reason: string): string {
  return reason.slice(0, MAX_REASON_LENGTH / 4)
}
