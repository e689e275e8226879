import type { PeerRecord } from '@daa-compute/interface'
import { createReader, createWriter, type Reader, WireError } from '@daa-compute/wire'
import {
  MAX_ADDRESSES,
  MAX_ADDRESS_LENGTH,
  MAX_ANNOUNCEMENT_LENGTH,
  MAX_CAPABILITIES,
  MAX_CAPABILITY_NAME_LENGTH,
  MAX_CAPABILITY_VALUE_LENGTH,
  MAX_RUN_ID_LENGTH,
  PROTOCOL_VERSION
} from '../constants.ts'
import { DiscoveryError } from '../errors.ts'

/** Everything of a record but whose it is: that comes from the broadcast's signature. */
export type Description = Pick<PeerRecord, 'addresses' | 'capabilities'>

/** What a peer publishes of itself. */
export interface Announcement {
  readonly runId: string
  /** One life of the author's directory; a later life has a greater number. At most 2^53 - 1. */
  readonly incarnation: number
  /** Counts the announcements of an incarnation, from 0. */
  readonly sequence: number
  /** How long to believe it, in ms. Relative, since peers share no clock. */
  readonly ttlMs: number
  /** `undefined` says good-bye. */
  readonly description: Description | undefined
}

const LEAVE = 0
const PRESENT = 1

/**
 * Layout, little-endian: version u8, kind u8 (0 leave, 1 present), run id,
 * incarnation u53, sequence u53, ttl u32; if present, a list of addresses and
 * one of capabilities (name, value), names ascending.
 *
 * @throws {DiscoveryError} `BAD_RECORD` when the description is over a limit
 */
export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  const { description } = announcement
  const writer = createWriter()
    .uint8(PROTOCOL_VERSION)
    .uint8(description === undefined ? LEAVE : PRESENT)
    .text(announcement.runId)
    .uint53(announcement.incarnation)
    .uint53(announcement.sequence)
    .uint32(announcement.ttlMs)
  if (description !== undefined) {
    const capabilities = Object.entries(description.capabilities)
    capabilities.sort(([a], [b]) => (a < b ? -1 : 1))
    checkDescription(description.addresses, capabilities)
    writer
      .list(description.addresses, (to, address) => to.text(address))
      .list(capabilities, (to, [name, value]) => to.text(name).text(value))
  }
  const bytes = writer.finish()
  limit('announcement', bytes.length, MAX_ANNOUNCEMENT_LENGTH, 'bytes in all')
  return bytes
}

/**
 * Reads what {@link encodeAnnouncement} wrote.
 *
 * @throws {DiscoveryError} `BAD_ANNOUNCEMENT`; when a field is not as it should
 * be, `cause` says which way
 */
export function decodeAnnouncement(bytes: Uint8Array, runId: string): Announcement {
  if (bytes.length > MAX_ANNOUNCEMENT_LENGTH) {
    throw malformed(`${bytes.length} bytes are over the limit of ${MAX_ANNOUNCEMENT_LENGTH}`)
  }
  try {
    return readAnnouncement(createReader(bytes), runId)
  } catch (cause) {
    if (cause instanceof WireError) throw malformed(cause.message, cause)
    throw cause
  }
}

function readAnnouncement(reader: Reader, runId: string): Announcement {
  const version = reader.uint8()
  if (version !== PROTOCOL_VERSION) {
    throw new DiscoveryError(
      'BAD_ANNOUNCEMENT',
      `an announcement of version ${version} was ignored, this is version ${PROTOCOL_VERSION}: update the older peer`,
      { reason: 'version' }
    )
  }
  const kind = reader.uint8()
  if (kind !== LEAVE && kind !== PRESENT) throw malformed(`there is no kind ${kind}`)
  if (reader.text(MAX_RUN_ID_LENGTH) !== runId) {
    throw new DiscoveryError(
      'BAD_ANNOUNCEMENT',
      'an announcement on the topic of this run names another run: its author is broken or lies',
      { reason: 'run' }
    )
  }
  const head = {
    runId,
    incarnation: reader.uint53(),
    sequence: reader.uint53(),
    ttlMs: reader.uint32()
  }
  const description = kind === PRESENT ? readDescription(reader) : undefined
  reader.end()
  return { ...head, description }
}

function readDescription(reader: Reader): Description {
  const addresses = reader.list(MAX_ADDRESSES, (from) => from.text(MAX_ADDRESS_LENGTH))
  if (!addresses.every(isAddress)) throw malformed('an address is not printable ASCII text')
  const capabilities = reader.list(
    MAX_CAPABILITIES,
    (from) =>
      [from.text(MAX_CAPABILITY_NAME_LENGTH), from.text(MAX_CAPABILITY_VALUE_LENGTH)] as const
  )
  for (const [at, [name]] of capabilities.entries()) {
    const before = capabilities[at - 1]
    if (before !== undefined && before[0] >= name) {
      throw malformed('the names of the capabilities do not ascend')
    }
  }
  // fromEntries defines own properties, so that a name such as __proto__ is only a name
  return {
    addresses: Object.freeze(addresses),
    capabilities: Object.freeze(Object.fromEntries(capabilities))
  }
}

/** Whether a text can be announced as an address at all. */
export function isAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS_LENGTH && /^[!-~]+$/.test(text)
}

function checkDescription(
  addresses: readonly string[],
  capabilities: readonly (readonly [string, string])[]
): void {
  limit('addresses', addresses.length, MAX_ADDRESSES, 'addresses')
  if (!addresses.every(isAddress)) {
    throw new DiscoveryError(
      'BAD_RECORD',
      `an address is 1 to ${MAX_ADDRESS_LENGTH} printable ASCII characters without spaces`,
      { field: 'addresses', limit: MAX_ADDRESS_LENGTH }
    )
  }
  limit('capabilities', capabilities.length, MAX_CAPABILITIES, 'capabilities')
  for (const [name, value] of capabilities) {
    const field = `capabilities.${name.slice(0, MAX_CAPABILITY_NAME_LENGTH)}`
    limit(field, utf8Length(name), MAX_CAPABILITY_NAME_LENGTH, 'bytes in its name')
    limit(field, utf8Length(value), MAX_CAPABILITY_VALUE_LENGTH, 'bytes in its value')
  }
}

function limit(field: string, amount: number, most: number, unit: string): void {
  if (amount > most) {
    throw new DiscoveryError(
      'BAD_RECORD',
      `${field} cannot be announced: ${amount} ${unit}, the limit is ${most}; declare less`,
      { field, limit: most }
    )
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}

function malformed(what: string, cause?: Error): DiscoveryError {
  return new DiscoveryError(
    'BAD_ANNOUNCEMENT',
    `a malformed announcement was ignored: ${what}`,
    { reason: 'field' },
    cause === undefined ? undefined : { cause }
  )
}
