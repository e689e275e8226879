import type { Admission, Refusal, RefusalCode } from '@daa-compute/interface'
import {
  createReader,
  createWriter,
  negotiateVersion,
  readHello,
  type Reader,
  type VersionRange,
  WireError,
  writeHello
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

const REFUSED = 0
const WELCOME = 1
const PROVE = 2
const FORGOTTEN = 3
const ACCEPTED = 1

/** A UTF-16 unit takes three bytes at most. */
const MAX_REASON_BYTES = 3 * MAX_REASON_LENGTH

export const NO_CREDENTIAL: Uint8Array = new Uint8Array()
const NO_NONCE: Uint8Array = new Uint8Array(NONCE_LENGTH)

/** An answer that carries nothing. */
export const BARE_WELCOME: Answer = { type: 'welcome', nonce: NO_NONCE, credential: NO_CREDENTIAL }

/** @param versions the versions offered; another range is for tests */
export function encodeOffer(offer: Offer, versions: VersionRange = ADMISSION_VERSIONS): Uint8Array {
  return writeHello(createWriter(), versions)
    .uint8(ASKS.indexOf(offer.asks))
    .uint8(offer.known ? 1 : 0)
    .bytes(offer.nonce)
    .prefixed(offer.credential)
    .finish()
}

/** @throws {WireError} for anything but an offer in a version we speak; what it gives is a copy */
export function decodeOffer(frame: Uint8Array): Offer {
  const reader = createReader(frame)
  negotiateVersion(ADMISSION_VERSIONS, readHello(reader))
  const offer = {
    asks: ASKS[oneOf(reader, ASKS.length)] as Admission['asks'],
    known: oneOf(reader, 2) === 1,
    ...nonceAndCredential(reader)
  }
  reader.end()
  return offer
}

export function encodeAnswer(answer: Answer): Uint8Array {
  const writer = createWriter()
  if (answer.type === 'refused') return encodeRefusal(answer.refusal)
  if (answer.type === 'forgotten') return writer.uint8(FORGOTTEN).finish()
  return writer
    .uint8(answer.type === 'welcome' ? WELCOME : PROVE)
    .bytes(answer.nonce)
    .prefixed(answer.credential)
    .finish()
}

/** @throws {WireError} for anything but an answer; what it gives is a copy */
export function decodeAnswer(frame: Uint8Array): Answer {
  const reader = createReader(frame)
  const type = oneOf(reader, FORGOTTEN + 1)
  if (type === REFUSED) return { type: 'refused', refusal: readRefusal(reader) }
  const answer: Answer =
    type === FORGOTTEN
      ? { type: 'forgotten' }
      : { type: type === WELCOME ? 'welcome' : 'prove', ...nonceAndCredential(reader) }
  reader.end()
  return answer
}

export function encodeReply(reply: Reply): Uint8Array {
  if (reply.type === 'refused') return encodeRefusal(reply.refusal)
  return createWriter().uint8(ACCEPTED).prefixed(reply.credential).finish()
}

/** @throws {WireError} for anything but a reply; what it gives is a copy */
export function decodeReply(frame: Uint8Array): Reply {
  const reader = createReader(frame)
  if (oneOf(reader, 2) === REFUSED) return { type: 'refused', refusal: readRefusal(reader) }
  const reply: Reply = { type: 'accepted', credential: readCredential(reader) }
  reader.end()
  return reply
}

function encodeRefusal({ code, reason }: Refusal): Uint8Array {
  return createWriter()
    .uint8(REFUSED)
    .uint8(CODES.indexOf(code))
    .text(reason.slice(0, MAX_REASON_LENGTH).toWellFormed())
    .finish()
}

function readRefusal(reader: Reader): Refusal {
  // a later version may know more of them
  const code = CODES[reader.uint8()] ?? 'OTHER'
  const reason = harmless(reader.text(MAX_REASON_BYTES), MAX_REASON_LENGTH)
  reader.end()
  return { admitted: false, code, reason }
}

function nonceAndCredential(reader: Reader): { nonce: Uint8Array; credential: Uint8Array } {
  return { nonce: reader.bytes(NONCE_LENGTH).slice(), credential: readCredential(reader) }
}

function readCredential(reader: Reader): Uint8Array {
  return reader.prefixed(MAX_CREDENTIAL_LENGTH).slice()
}

function oneOf(reader: Reader, count: number): number {
  const value = reader.uint8()
  if (value < count) return value
  throw new WireError('OUT_OF_RANGE', `a field has the value ${value}, of ${count} possible`, {
    value
  })
}
