import { type VersionRange, WireError } from './errors.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** First bytes of every channel: `DAA` and a byte that no text has, against strangers. */
const MAGIC = 0xdaa1_4144

/**
 * Writes the start of a channel's first frame: magic, then the range of protocol
 * versions this side speaks. Whatever a protocol adds behind it may differ from
 * version to version; these six bytes never do.
 */
export function writeHello(writer: Writer, versions: VersionRange): Writer {
  return writer.uint32(MAGIC).uint8(versions.min).uint8(versions.max)
}

/**
 * Reads what {@link writeHello} wrote.
 *
 * @throws {WireError} `NOT_A_HELLO`, `TRUNCATED`, or `OUT_OF_RANGE` for an empty range
 */
export function readHello(reader: Reader): VersionRange {
  if (reader.uint32() !== MAGIC) {
    throw new WireError('NOT_A_HELLO', 'the first frame does not begin with the magic bytes', {})
  }
  const min = reader.uint8()
  const max = reader.uint8()
  if (min > max) {
    throw new WireError('OUT_OF_RANGE', `a version range from ${min} to ${max} is empty`, {
      value: min
    })
  }
  return { min, max }
}

/**
 * The highest version both sides speak. Symmetric, so that each side computes it
 * from the two hellos and no further message is needed.
 *
 * @throws {WireError} `NO_COMMON_VERSION`, whose message says which side to update
 */
export function negotiateVersion(ours: VersionRange, theirs: VersionRange): number {
  const version = Math.min(ours.max, theirs.max)
  if (version < Math.max(ours.min, theirs.min)) {
    const behind = ours.max < theirs.min ? 'this peer' : 'the other peer'
    throw new WireError(
      'NO_COMMON_VERSION',
      `protocol versions ${ours.min}-${ours.max} here and ${theirs.min}-${theirs.max} there have none in common: update ${behind}`,
      { ours, theirs }
    )
  }
  return version
}
