import type { Admission, Refusal, RefusalCode } from '@daa-compute/interface'
import {
  createReader,
  createWriter,
  negotiateVersion,
  readHello,
  type Reader,
  type VersionRange,
  writeHello,
  type Writer
} from '@daa-compute/wire'
import {
  ADMISSION_VERSIONS,
  MAX_CREDENTIAL_LENGTH,
  MAX_REASON_LENGTH,
  NONCE_LENGTH
} from './constants.ts'
import { harmless } from '../harmless.ts'

/** First frame of a channel, from who has opened it. */
export interface Offer {
  /** What this end asks of the other one. */
  readonly asks: Admission['asks']
  /** The two have let each other in already. */
  readonly known: boolean
  readonly nonce: Uint8Array
  readonly credential: Uint8Array
}

/** What the other end says to an offer, or to a proof. */
export type Answer =
  | {
      readonly type: 'welcome' | 'prove'
      readonly nonce: Uint8Array
      readonly credential: Uint8Array
    }
  /** The two had let each other in, but this end knows of it no more. */
  | { readonly type: 'forgotten' }
  | { readonly type: 'refused'; readonly refusal: Refusal }

/** What the opener says to an answer. */
export type Reply =
  | { readonly type: 'accepted'; readonly credential: Uint8Array }
  | { readonly type: 'refused'; readonly refusal: Refusal }

// the order is that of the bytes on the wire
const ASKS: readonly Admission['asks'][] = ['nothing', 'credential', 'proof']
const CODES: readonly RefusalCode[] = [
  'OTHER',
  'MISSING',
  'MALFORMED',
  'NOT_LISTED',
  'WRONG_KEY',
  'FORGED',
  'OTHER_RUN',
  'OTHER_PEER',
  'EXPIRED',
  'NOT_YET_VALID',
  'REVOKED',
  'ROLE',
  'TIMEOUT',
  'BUSY',
  'VERSION'
]

const ANSWERS: readonly Answer['type'][] = ['refused', 'welcome', 'prove', 'forgotten']
const REPLIES: readonly Reply['type'][] = ['refused', 'accepted']

/** A UTF-16 unit takes three bytes at most. */
const MAX_REASON_BYTES = 3 * MAX_REASON_LENGTH

/** Of who has nothing to show. */
export const NO_CREDENTIAL: Uint8Array = new Uint8Array()
const NO_NONCE: Uint8Array = new Uint8Array(NONCE_LENGTH)

/** An answer that carries nothing. */
export const BARE_WELCOME: Answer = { type: 'welcome', nonce: NO_NONCE, credential: NO_CREDENTIAL }

/** @param versions the versions offered; another range is for tests */
export function encodeOffer(offer: Offer, versions: VersionRange = ADMISSION_VERSIONS): Uint8Array {
  return writeHello(createWriter(), versions)
    .oneOf(ASKS, offer.asks)
    .flag(offer.known)
    .bytes(offer.nonce)
    .prefixed(offer.credential)
    .finish()
}

/** @throws {WireError} for anything but an offer in a version we speak; what it gives is a copy */
export function decodeOffer(frame: Uint8Array): Offer {
  const reader = createReader(frame)
  negotiateVersion(ADMISSION_VERSIONS, readHello(reader))
  const offer = {
    asks: reader.oneOf(ASKS),
    known: reader.flag(),
    ...nonceAndCredential(reader)
  }
  reader.end()
  return offer
}

export function encodeAnswer(answer: Answer): Uint8Array {
  const writer = createWriter().oneOf(ANSWERS, answer.type)
  if (answer.type === 'refused') writeRefusal(writer, answer.refusal)
  else if (answer.type !== 'forgotten') writer.bytes(answer.nonce).prefixed(answer.credential)
  return writer.finish()
}

/** @throws {WireError} for anything but an answer; what it gives is a copy */
export function decodeAnswer(frame: Uint8Array): Answer {
  const reader = createReader(frame)
  const answer = readAnswer(reader)
  reader.end()
  return answer
}

function readAnswer(reader: Reader): Answer {
  const type = reader.oneOf(ANSWERS)
  switch (type) {
    case 'refused':
      return { type, refusal: readRefusal(reader) }
    case 'forgotten':
      return { type }
    case 'welcome':
    case 'prove':
      return { type, ...nonceAndCredential(reader) }
  }
}

export function encodeReply(reply: Reply): Uint8Array {
  const writer = createWriter().oneOf(REPLIES, reply.type)
  if (reply.type === 'refused') writeRefusal(writer, reply.refusal)
  else writer.prefixed(reply.credential)
  return writer.finish()
}

/** @throws {WireError} for anything but a reply; what it gives is a copy */
export function decodeReply(frame: Uint8Array): Reply {
  const reader = createReader(frame)
  const type = reader.oneOf(REPLIES)
  const reply: Reply =
    type === 'refused'
      ? { type, refusal: readRefusal(reader) }
      : { type, credential: readCredential(reader) }
  reader.end()
  return reply
}

function writeRefusal(writer: Writer, { code, reason }: Refusal): void {
  writer.oneOf(CODES, code).text(reason.slice(0, MAX_REASON_LENGTH).toWellFormed())
}

function readRefusal(reader: Reader): Refusal {
  // a later version may know more of them
  const code = CODES[reader.uint8()] ?? 'OTHER'
  const reason = harmless(reader.text(MAX_REASON_BYTES), MAX_REASON_LENGTH)
  return { admitted: false, code, reason }
}

function nonceAndCredential(reader: Reader): { nonce: Uint8Array; credential: Uint8Array } {
  return { nonce: reader.bytes(NONCE_LENGTH).slice(), credential: readCredential(reader) }
}

function readCredential(reader: Reader): Uint8Array {
  return reader.prefixed(MAX_CREDENTIAL_LENGTH).slice()
}
