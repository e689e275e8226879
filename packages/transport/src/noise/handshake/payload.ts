import { badPayload } from './errors.ts'
import { type BytesField, decodeFields, encodeFields } from './protobuf.ts'

/** What each end tells of itself in its last message of a handshake. */
export interface HandshakePayload {
  /** A public key as libp2p writes it. */
  readonly identityKey: Uint8Array
  /** By that key, of the static key of the handshake. */
  readonly identitySignature: Uint8Array
  readonly extensions: HandshakeExtensions
}

/** What it tells beyond that; all of it may be left out. */
export interface HandshakeExtensions {
  /** Hashes of the certificates by which it can be reached over WebTransport. */
  readonly webtransportCerthashes: readonly Uint8Array[]
  /** Protocols to multiplex streams with, the preferred one first. */
  readonly streamMuxers: readonly string[]
  /**
   * Encryptions it would have taken, each with the same identity. Not libp2p's:
   * it shows, encrypted and authenticated, whether the choice was tampered with.
   */
  readonly encryptions: readonly string[]
}

/**
 * Numbers of the fields: libp2p's Noise specification, "Libp2p Data in Handshake
 * Messages" and "Noise Extensions". From 1024 on they are for experiments; others
 * pass over what they don't know.
 */
const IDENTITY_KEY = 1
const IDENTITY_SIGNATURE = 2
const EXTENSIONS = 4
const WEBTRANSPORT_CERTHASHES = 1
const STREAM_MUXERS = 2
const ENCRYPTIONS = 1727

export function encodePayload(payload: HandshakePayload): Uint8Array {
  const { webtransportCerthashes, streamMuxers, encryptions } = payload.extensions
  const extensions = encodeFields([
    ...webtransportCerthashes.map((bytes) => ({ number: WEBTRANSPORT_CERTHASHES, bytes })),
    ...texts(STREAM_MUXERS, streamMuxers),
    ...texts(ENCRYPTIONS, encryptions)
  ])
  return encodeFields([
    { number: IDENTITY_KEY, bytes: payload.identityKey },
    { number: IDENTITY_SIGNATURE, bytes: payload.identitySignature },
    { number: EXTENSIONS, bytes: extensions }
  ])
}

/** @throws HandshakeError `BAD_PAYLOAD` */
export function decodePayload(bytes: Uint8Array): HandshakePayload {
  try {
    const fields = decodeFields(bytes)
    const extensions = decodeFields(last(fields, EXTENSIONS) ?? new Uint8Array())
    return {
      identityKey: required(last(fields, IDENTITY_KEY)),
      identitySignature: required(last(fields, IDENTITY_SIGNATURE)),
      extensions: {
        webtransportCerthashes: all(extensions, WEBTRANSPORT_CERTHASHES).map((hash) =>
          hash.slice()
        ),
        streamMuxers: all(extensions, STREAM_MUXERS).map(text),
        encryptions: all(extensions, ENCRYPTIONS).map(text)
      }
    }
  } catch (cause) {
    throw badPayload(cause)
  }
}

function texts(number: number, values: readonly string[]): readonly BytesField[] {
  return values.map((value) => ({ number, bytes: new TextEncoder().encode(value) }))
}

function text(bytes: Uint8Array): string {
  return new TextDecoder(undefined, { fatal: true }).decode(bytes)
}

/** Where a field comes twice, the last one counts. */
function last(fields: readonly BytesField[], number: number): Uint8Array | undefined {
  return all(fields, number).at(-1)
}

function all(fields: readonly BytesField[], number: number): readonly Uint8Array[] {
  return fields.filter((field) => field.number === number).map(({ bytes }) => bytes)
}

function required(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new RangeError('a field is missing')
  return bytes
}
