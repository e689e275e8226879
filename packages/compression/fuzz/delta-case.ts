import {
  createCodec,
  createDeltaDecoder,
  createDeltaEncoder,
  type DeltaDecoder
} from '../src/index.ts'
import { DELTA_MAGIC, DELTA_VERSION } from '../src/delta/constants.ts'
import { damage } from './damage.ts'
import { diceOf, type Dice } from './dice.ts'
import { isRefusal, Misbehaviour, type Outcome } from './judge.ts'
import { sampleValues } from './sample-values.ts'

/** A receiver of differences that holds a base, and the messages that led there and go on. */
export interface DeltaSubject {
  readonly name: string
  readonly decoder: DeltaDecoder
  readonly length: number
  readonly messages: readonly Uint8Array[]
}

/** A message for a receiver. */
export interface DeltaCase {
  readonly subject: DeltaSubject
  readonly bytes: Uint8Array
  readonly length: number
  /** Whether it has to be accepted. */
  readonly isSound: boolean
}

/** The header is the same for all of them. */
const CODECS = ['float32', 'int8', 'int4+snappy', 'topk:0.1+lz4', 'sparse+zstd:1', 'float16+auto']

const LENGTHS = [0, 1, 300]

export async function createDeltaSubjects(): Promise<readonly DeltaSubject[]> {
  const subjects = CODECS.map(async (name, position) => {
    const codec = await createCodec(name)
    return LENGTHS.map((length, index): DeltaSubject => {
      const dice = diceOf(position, index)
      const encoder = createDeltaEncoder({ codec })
      const decoder = createDeltaDecoder({ codec })
      const first = encoder.encode(sampleValues(dice, length).map(tame))
      first.commit()
      decoder.decode(first.bytes, new Float32Array(length)).commit()
      const second = encoder.encode(sampleValues(dice, length).map(tame))
      return { name, decoder, length, messages: [first.bytes, second.bytes] }
    })
  })
  return (await Promise.all(subjects)).flat()
}

export function deltaCase(subjects: readonly DeltaSubject[], dice: Dice): DeltaCase {
  const subject = dice.pick(subjects)
  const message = dice.pick(subject.messages)
  if (dice.chance(0.2)) return { subject, bytes: message, length: subject.length, isSound: true }
  return {
    subject,
    bytes: dice.chance(0.95) ? damage(message, dice) : dice.bytes(dice.below(60)),
    length: dice.chance(0.9) ? subject.length : dice.below(400),
    isSound: false
  }
}

/** @throws {Misbehaviour} */
export function judgeDeltaCase({ subject, bytes, length, isSound }: DeltaCase): Outcome {
  const { decoder } = subject
  const held = decoder.version
  const out = new Float32Array(length).fill(Number.NaN)
  let refused = false
  try {
    decoder.decode(bytes, out).rollback()
  } catch (error) {
    if (!isRefusal(error, ['MALFORMED', 'LENGTH_MISMATCH', 'BASE_MISSING'])) {
      throw new Misbehaviour('an untyped error', { cause: error })
    }
    refused = true
  }
  if (refused && isSound) throw new Misbehaviour('a sound message was refused')
  if (decoder.version !== held) throw new Misbehaviour('the base was changed')
  if (!refused && !isSoundHeader(bytes, length, held)) {
    throw new Misbehaviour('took what is not sound')
  }
  const written = refused
    ? (value: number): boolean => !Number.isNaN(value)
    : (value: number): boolean => !Number.isFinite(value)
  if (out.some(written)) throw new Misbehaviour('partly written output')
  return refused ? 'refused' : 'decoded'
}

/** Whether the header is as delta-header.ts has it, over the base that is held or none. */
function isSoundHeader(bytes: Uint8Array, length: number, held: bigint): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isKey = bytes[2] === 0
  return (
    bytes[0] === DELTA_MAGIC &&
    bytes[1] === DELTA_VERSION &&
    (isKey || bytes[2] === 1) &&
    bytes[3] === 0 &&
    view.getUint32(4, true) === length &&
    view.getBigUint64(8, true) === (isKey ? 0n : held)
  )
}

/** Differences of these are finite. */
function tame(value: number): number {
  return value / 4
}
