import type { Codec, EncodeContext } from '@daa-compute/interface'
import { CodecError, malformed } from '../errors.ts'
import { addBase, type Base, createBaseKeeper, subtractBase } from './base.ts'
import { DEFAULT_KEY_INTERVAL, DELTA_HEADER_LENGTH } from './constants.ts'
import { readDeltaHeader, writeDeltaHeader } from './delta-header.ts'

/** What becomes of a message: call one of both, before the next message. */
export interface DeltaStep {
  /** It counts: its values are the base of the next. */
  commit(): void
  /** It does not: the base stays what it was. Without effect after `commit`. */
  rollback(): void
}

/** Encoded values, and what becomes of them. */
export interface DeltaMessage extends DeltaStep {
  readonly bytes: Uint8Array
  /** Whether they stand for themselves, so that a receiver needs no base. */
  readonly isKey: boolean
}

export interface DeltaEncodeOptions extends EncodeContext {
  /**
   * What the receiver says that it holds. Where that is not what was committed
   * last, the message needs no base. Default: that it holds what was committed
   */
  readonly held?: bigint | undefined
}

/** The sender's end of a stream of values. */
export interface DeltaEncoder {
  /** @throws {CodecError} `NON_FINITE` */
  encode(values: Float32Array, options?: DeltaEncodeOptions): DeltaMessage
}

/** The receiver's end. */
export interface DeltaDecoder {
  /** Which base it holds, for the encoder's `held`; 0 for none. */
  readonly version: bigint
  /**
   * @throws {CodecError} `MALFORMED`, `LENGTH_MISMATCH`; `BASE_MISSING` for differences
   * from a base that it does not hold. `out` is then untouched, and so is the base
   */
  decode(bytes: Uint8Array, out: Float32Array): DeltaStep
}

export interface DeltaInit {
  /** The same at both ends. */
  readonly codec: Codec
  /** Messages after which one needs no base, 1 or more. Default 64 */
  readonly keyInterval?: number | undefined
}

/**
 * Sends values as differences from what the receiver decoded last, so that a
 * lossy codec's error does not add up: what one message lacks the next one has.
 * For values that change little from one message to the next.
 *
 * Each message carries the version of its base. A receiver that missed one is in
 * step again with the next that needs no base: at once when it says what it holds,
 * otherwise after `keyInterval`.
 *
 * @throws {RangeError} for a `keyInterval` that is none
 */
export function createDeltaEncoder(init: DeltaInit): DeltaEncoder {
  const { codec, keyInterval = DEFAULT_KEY_INTERVAL } = init
  if (!(keyInterval >= 1)) throw new RangeError(`a keyInterval is at least 1, not ${keyInterval}`)
  const keeper = createBaseKeeper()
  let sinceKey = 0
  return {
    encode(values, { held, ...context } = {}) {
      const known = keeper.base
      const isKnown = known?.values.length === values.length
      const isAgreed = held === undefined || held === known?.version
      const base = isKnown && isAgreed && sinceKey < keyInterval ? known : undefined
      const differences = base && encodeFrom(codec, values, base, context)
      const { bytes, decoded } = differences ?? encodeValues(codec, values, context)
      const isKey = differences === undefined
      const step = keeper.propose(decoded)
      return {
        bytes,
        isKey,
        commit() {
          if (step.commit()) sinceKey = isKey ? 1 : sinceKey + 1
        },
        rollback: () => step.rollback()
      }
    }
  }
}

/** Receives what {@link createDeltaEncoder} sends. */
export function createDeltaDecoder({ codec }: Pick<DeltaInit, 'codec'>): DeltaDecoder {
  const keeper = createBaseKeeper()
  return {
    get version() {
      return keeper.base?.version ?? 0n
    },
    decode(bytes, out) {
      const { base: wanted } = readDeltaHeader(bytes, out.length)
      const base = wanted === undefined ? undefined : keeper.base
      if (wanted !== undefined && (base?.version !== wanted || base.values.length !== out.length)) {
        throw baseMissing(wanted, keeper.base?.version)
      }
      const values = new Float32Array(out.length)
      codec.decode(bytes.subarray(DELTA_HEADER_LENGTH), values)
      const bad = base === undefined ? -1 : addBase(values, base)
      if (bad >= 0) throw malformed(`with its base, value ${bad} is not finite`)
      const step = keeper.propose(values)
      out.set(values)
      return { commit: () => void step.commit(), rollback: () => step.rollback() }
    }
  }
}

/** A message, and what the receiver makes of it. */
interface Encoded {
  readonly bytes: Uint8Array
  readonly decoded: Float32Array
}

/** @returns `undefined` where values are so far from the base that float32 does not hold it */
function encodeFrom(
  codec: Codec,
  values: Float32Array,
  base: Base,
  context: EncodeContext
): Encoded | undefined {
  const differences = values.slice()
  if (subtractBase(differences, base) >= 0) return undefined
  const bytes = write(codec, differences, base.version, context)
  codec.decode(bytes.subarray(DELTA_HEADER_LENGTH), differences)
  return addBase(differences, base) >= 0 ? undefined : { bytes, decoded: differences }
}

/** @throws {CodecError} `NON_FINITE` */
function encodeValues(codec: Codec, values: Float32Array, context: EncodeContext): Encoded {
  const bytes = write(codec, values, undefined, context)
  const decoded = new Float32Array(values.length)
  codec.decode(bytes.subarray(DELTA_HEADER_LENGTH), decoded)
  return { bytes, decoded }
}

function write(
  codec: Codec,
  values: Float32Array,
  base: bigint | undefined,
  context: EncodeContext
): Uint8Array {
  const out = new Uint8Array(DELTA_HEADER_LENGTH + codec.maxEncodedLength(values.length))
  const body = codec.encode(values, out.subarray(DELTA_HEADER_LENGTH), context)
  writeDeltaHeader(out, { count: values.length, base })
  return out.subarray(0, DELTA_HEADER_LENGTH + body.length)
}

function baseMissing(wanted: bigint, held: bigint | undefined): CodecError<'BASE_MISSING'> {
  return new CodecError(
    'BASE_MISSING',
    `the bytes are differences from values that are not here (version ${wanted.toString(16)}): ` +
      'tell the sender what is held, or wait for its next message that needs no base',
    { wanted, held }
  )
}
