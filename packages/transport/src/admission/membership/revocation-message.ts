import { createReader, createWriter } from '@daa-compute/wire'
import { MAX_CREDENTIAL_LENGTH } from '../constants.ts'
import { MAX_REVOCATIONS_PER_MESSAGE } from './constants.ts'

const VERSION = 1

/** Bytes around the revocations of a message, and around each. */
const MESSAGE_OVERHEAD = 3
const REVOCATION_OVERHEAD = 4

/**
 * Puts revocations into as few messages as they fit in.
 *
 * @param limit longest message, in bytes; a revocation that is longer is left out
 */
export function encodeRevocations(revocations: readonly Uint8Array[], limit: number): Uint8Array[] {
  const messages: Uint8Array[][] = []
  let room = 0
  for (const revocation of revocations) {
    const needed = REVOCATION_OVERHEAD + revocation.length
    if (needed > limit - MESSAGE_OVERHEAD) continue
    const last = messages.at(-1)
    if (last === undefined || needed > room || last.length >= MAX_REVOCATIONS_PER_MESSAGE) {
      messages.push([revocation])
      room = limit - MESSAGE_OVERHEAD - needed
    } else {
      last.push(revocation)
      room -= needed
    }
  }
  return messages.map((message) =>
    createWriter(1024)
      .uint8(VERSION)
      .list(message, (writer, revocation) => writer.prefixed(revocation))
      .finish()
  )
}

/** @throws {WireError} for anything but such a message; what it gives are copies */
export function decodeRevocations(message: Uint8Array): Uint8Array[] {
  const reader = createReader(message)
  // another version is for others
  if (reader.uint8() !== VERSION) return []
  const revocations = reader.list(MAX_REVOCATIONS_PER_MESSAGE, (item) =>
    item.prefixed(MAX_CREDENTIAL_LENGTH).slice()
  )
  reader.end()
  return revocations
}
