import { CodecError, malformed } from '../errors.ts'
import { DELTA_HEADER_LENGTH, DELTA_MAGIC, DELTA_VERSION } from './constants.ts'

/**
 * In front of the codec's bytes:
 *
 * | offset | bytes | content                                        |
 * | ------ | ----- | ---------------------------------------------- |
 * | 0      | 1     | `0xdd`                                         |
 * | 1      | 1     | version of this layout, 2                      |
 * | 2      | 1     | 0: values; 1: differences from a base          |
 * | 3      | 1     | zero                                           |
 * | 4      | 4     | `u32` number of values                         |
 * | 8      | 8     | `u64` version of the base; zero with values    |
 */
export interface DeltaHeader {
  readonly count: number
  /** `undefined`: the values themselves. */
  readonly base: bigint | undefined
}

export function writeDeltaHeader(out: Uint8Array, { count, base }: DeltaHeader): void {
  const view = new DataView(out.buffer, out.byteOffset, DELTA_HEADER_LENGTH)
  view.setUint8(0, DELTA_MAGIC)
  view.setUint8(1, DELTA_VERSION)
  view.setUint8(2, base === undefined ? 0 : 1)
  view.setUint8(3, 0)
  view.setUint32(4, count, true)
  view.setBigUint64(8, base ?? 0n, true)
}

/** @throws {CodecError} `MALFORMED`, or `LENGTH_MISMATCH` unless it announces `expected` values */
export function readDeltaHeader(bytes: Uint8Array, expected: number): DeltaHeader {
  if (bytes.length < DELTA_HEADER_LENGTH) throw malformed('a delta message is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, DELTA_HEADER_LENGTH)
  if (view.getUint8(0) !== DELTA_MAGIC) throw malformed('this is no delta message')
  if (view.getUint8(1) !== DELTA_VERSION) {
    throw malformed(`a delta message of version ${view.getUint8(1)}, not ${DELTA_VERSION}`)
  }
  const kind = view.getUint8(2)
  const base = view.getBigUint64(8, true)
  if (kind > 1 || view.getUint8(3) !== 0 || (kind === 0 && base !== 0n)) {
    throw malformed('a delta message of an unknown kind')
  }
  const count = view.getUint32(4, true)
  if (count !== expected) {
    throw new CodecError(
      'LENGTH_MISMATCH',
      `the bytes hold ${count} values, ${expected} are expected`,
      { encoded: count, expected }
    )
  }
  return { count, base: kind === 0 ? undefined : base }
}
