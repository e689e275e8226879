import {
  createReader,
  createWriter,
  negotiateVersion,
  readHello,
  type VersionRange,
  writeHello
} from '@daa-compute/wire'
import { MAX_REASON_LENGTH, MAX_RUN_ID_LENGTH, PROTOCOL_VERSIONS } from '../constants.ts'
import { DEFAULT_TAG } from './constants.ts'

/** What a peer says in the first frame of each channel it opens. */
export interface Greeting {
  readonly runId: string
  /** One process life of the peer: 16 hexadecimal digits. */
  readonly incarnation: string
  /** The hash function it counts on. */
  readonly hasher: string
  /** Which operations the segments on a data channel belong to. Default 0, as on a control channel */
  readonly tag?: number | undefined
}

/** A greeting as it came. */
export type TaggedGreeting = Greeting & { readonly tag: number }

/** A channel's first frame. */
export function encodeGreeting(greeting: Greeting, versions?: VersionRange): Uint8Array {
  return writeHello(createWriter(), versions ?? PROTOCOL_VERSIONS)
    .text(greeting.runId)
    .text(greeting.incarnation)
    .text(greeting.hasher)
    .uint32(greeting.tag ?? DEFAULT_TAG)
    .finish()
}

/** @throws {WireError} for anything but a greeting in a version we speak */
export function decodeGreeting(frame: Uint8Array): TaggedGreeting {
  const reader = createReader(frame)
  negotiateVersion(PROTOCOL_VERSIONS, readHello(reader))
  const greeting = {
    runId: reader.text(MAX_RUN_ID_LENGTH),
    incarnation: reader.text(16),
    hasher: reader.text(32),
    tag: reader.uint32()
  }
  reader.end()
  return greeting
}

const WELCOME = 1
const REFUSED = 2

/** What comes back on a channel: at first an answer to the greeting, later perhaps a refusal. */
export type Answer =
  | { readonly type: 'welcome'; readonly incarnation: string }
  | { readonly type: 'refused'; readonly reason: string }

export function encodeAnswer(answer: Answer): Uint8Array {
  const writer = createWriter()
  if (answer.type === 'welcome') return writer.uint8(WELCOME).text(answer.incarnation).finish()
  return writer
    .uint8(REFUSED)
    .text(answer.reason.slice(0, MAX_REASON_LENGTH / 4))
    .finish()
}

/** @throws {WireError} for anything but an answer */
export function decodeAnswer(frame: Uint8Array): Answer {
  const reader = createReader(frame)
  const type = reader.uint8()
  if (type === WELCOME) return { type: 'welcome', incarnation: reader.text(16) }
  return { type: 'refused', reason: reader.text(MAX_REASON_LENGTH) }
}
