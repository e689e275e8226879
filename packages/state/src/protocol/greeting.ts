import {
  createReader,
  createWriter,
  negotiateVersion,
  readHello,
  writeHello
} from '@daa-compute/wire'
import { PROTOCOL_VERSIONS } from '../constants.ts'

/** The first frame of a channel, from either end: versions, and the hash function. */
export function encodeGreeting(hasher: string): Uint8Array {
  return writeHello(createWriter(), PROTOCOL_VERSIONS).text(hasher).finish()
}

/** @throws {WireError} or {RangeError} unless the other end speaks as this one does */
export function checkGreeting(frame: Uint8Array, hasher: string): void {
  const reader = createReader(frame)
  negotiateVersion(PROTOCOL_VERSIONS, readHello(reader))
  const theirs = reader.text(32)
  reader.end()
  if (theirs !== hasher) throw new RangeError(`it hashes with ${theirs}, not with ${hasher}`)
}

/** Of the channels on which one run's state is fetched. */
export function protocolOf(run: string): string {
  return `/daa/state/${run}`
}
