import { parseCodecName } from '../src/index.ts'
import { ENTROPY_NAMES, VALUE_NAMES } from './codec-names.ts'
import type { Dice } from './dice.ts'
import { isRefusal, Misbehaviour, type Outcome } from './judge.ts'

/** Pieces of names, of numbers, and of what peers may send in their place. */
const PIECES = [
  ...VALUE_NAMES,
  ...ENTROPY_NAMES,
  ...['+', ':', '++', '::', '+:', ' ', '\n', '\0', '0', '1', '19', '20', '-1', '1e9', '1e-9', '.5'],
  ...['NaN', 'Infinity', '0x10', '1_000', '00.1', '1e999', '100G', '1k', 'M', 'topk', 'threshold'],
  ...['stochastic', 'toString', '__proto__', 'constructor', '\ud800', '٣', '𝟙', 'İ', '%s', "'"]
]

/** A longer message than this repeats what a peer has sent. */
const MAX_MESSAGE = 4000

/** A name that is sound, nearly sound, or nothing of the kind. */
export function nameCase(dice: Dice): string {
  let name = dice.chance(0.5)
    ? `${dice.pick(VALUE_NAMES)}+${dice.pick(ENTROPY_NAMES)}`
    : Array.from({ length: 1 + dice.below(5) }, () => dice.pick(PIECES)).join('')
  for (let changes = dice.below(3); changes > 0; changes--) {
    const at = dice.below(name.length + 1)
    const piece = dice.chance(0.7) ? dice.pick(PIECES) : String.fromCharCode(dice.below(0x1_0000))
    name = name.slice(0, at) + piece + name.slice(at + dice.below(3))
  }
  return dice.chance(0.002) ? name.repeat(2000) : name
}

/** @throws {Misbehaviour} */
export function judgeName(name: string): Outcome {
  let canonical: string
  try {
    canonical = parseCodecName(name)
  } catch (error) {
    if (!isRefusal(error, ['UNKNOWN_CODEC', 'BAD_PARAMETER'])) {
      throw new Misbehaviour('an untyped error', { cause: error })
    }
    if (error.message.length > MAX_MESSAGE) throw new Misbehaviour('a long message')
    return 'refused'
  }
  if (parseCodecName(canonical) !== canonical) {
    throw new Misbehaviour(`the canonical name ${canonical} is not its own canonical name`)
  }
  return 'decoded'
}
