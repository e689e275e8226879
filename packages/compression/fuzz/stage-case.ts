import type { EntropyStage } from '../src/entropy/entropy-stage.ts'
import { lz4 } from '../src/entropy/lz4.ts'
import { snappy } from '../src/entropy/snappy.ts'
import { nativeZstd } from '../src/entropy/zstd-native.ts'
import { wasmZstd } from '../src/entropy/zstd-wasm.ts'
import { zstdStage } from '../src/entropy/zstd.ts'
import { damage } from './damage.ts'
import type { Dice } from './dice.ts'
import { lz4Grammar, snappyGrammar, zstdGrammar, type Grammar } from './grammar.ts'
import { Misbehaviour, refusal, sameBytes, type Outcome } from './judge.ts'
import { decodeLz4, decodeSnappy } from './plain-decoders.ts'

/** An entropy stage by itself, with somebody to compare it with. */
export interface StageSubject {
  readonly stage: EntropyStage
  readonly grammar: Grammar
  /** @returns the right answer, or `undefined` for bytes that no decoder may accept */
  answer(bytes: Uint8Array, length: number): Uint8Array | undefined
}

/** Compressed bytes, and the length that they are said to have. */
export interface StageCase {
  readonly subject: StageSubject
  readonly bytes: Uint8Array
  readonly length: number
  /** What has to come out, where nothing was damaged. */
  readonly expected?: Uint8Array
}

const MAX_CONTENT = 4000

/**
 * LZ4 and Snappy answer to plain decoders. Either zstd answers to itself only: a frame
 * that is corrupt in what Huffman or FSE have coded can pass for sound, and then its
 * versions do not make the same of it.
 */
export async function createStageSubjects(): Promise<readonly StageSubject[]> {
  const [lz4Stage, snappyStage, wasm] = await Promise.all([
    lz4.load(undefined),
    snappy.load(undefined),
    wasmZstd()
  ])
  const zstds = [zstdStage(nativeZstd() ?? wasm, 1), zstdStage(wasm, 4)]
  return [
    { stage: lz4Stage, grammar: lz4Grammar, answer: decodeLz4 },
    { stage: snappyStage, grammar: snappyGrammar, answer: decodeSnappy },
    ...zstds.map((stage) => ({ stage, grammar: zstdGrammar, answer: answerOf(stage) }))
  ]
}

/** What a stage makes of the same bytes after it has been used for others. */
function answerOf(stage: EntropyStage): StageSubject['answer'] {
  const other = Uint8Array.from({ length: MAX_CONTENT }, (_, index) => index * index)
  const room = new Uint8Array(stage.maxLength(MAX_CONTENT))
  const otherBytes = room.slice(0, stage.compress(other, room))
  return (bytes, length) => {
    stage.decompress(otherBytes, other)
    const out = new Uint8Array(length)
    stage.decompress(bytes, out)
    return out
  }
}

export function stageCase(subjects: readonly StageSubject[], dice: Dice): StageCase {
  const subject = dice.pick(subjects)
  if (dice.chance(0.4)) {
    const { bytes, length } = subject.grammar(dice)
    return { subject, bytes, length: Math.max(1, Math.min(length + offBy(dice), MAX_CONTENT)) }
  }
  if (dice.chance(0.1)) {
    return { subject, bytes: dice.bytes(dice.below(100)), length: 1 + dice.below(MAX_CONTENT) }
  }
  const content = contentOf(dice)
  const room = new Uint8Array(subject.stage.maxLength(content.length))
  const bytes = room.slice(0, subject.stage.compress(content, room))
  if (dice.chance(0.1)) return { subject, bytes, length: content.length, expected: content }
  return { subject, bytes: damage(bytes, dice), length: Math.max(1, content.length + offBy(dice)) }
}

/** @throws {Misbehaviour} */
export function judgeStageCase({ subject, bytes, length, expected }: StageCase): Outcome {
  const given = bytes.slice()
  const memory = new Uint8Array(length + 2 * GUARD).fill(GUARD_BYTE)
  const out = memory.subarray(GUARD, GUARD + length)
  const refused = refusal(() => subject.stage.decompress(bytes, out))
  const guards = [memory.subarray(0, GUARD), memory.subarray(GUARD + length)]
  if (!guards.every((guard) => guard.every((byte) => byte === GUARD_BYTE))) {
    throw new Misbehaviour('written beyond the output')
  }
  if (!sameBytes(bytes, given)) throw new Misbehaviour('the input was written to')
  if (refused) {
    if (expected !== undefined) throw new Misbehaviour('sound bytes were refused')
    return 'refused'
  }
  const answer = expected ?? subject.answer(bytes, length)
  if (answer === undefined || !sameBytes(out, answer)) throw new Misbehaviour('a wrong answer')
  return 'decoded'
}

const GUARD = 8
const GUARD_BYTE = 0xa5

/** Bytes with something in them for a compressor to find. */
function contentOf(dice: Dice): Uint8Array {
  const length = 1 + dice.below(dice.chance(0.5) ? 100 : MAX_CONTENT)
  const alphabet = 1 + dice.below(dice.chance(0.5) ? 8 : 256)
  const content = Uint8Array.from({ length }, () => dice.below(alphabet))
  if (dice.chance(0.5)) content.copyWithin(dice.below(length), dice.below(length))
  return content
}

function offBy(dice: Dice): number {
  return dice.chance(0.8) ? 0 : dice.below(7) - 3
}
