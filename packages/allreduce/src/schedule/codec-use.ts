import type { Algorithm, Collective } from '@daa-compute/interface'
import { ScheduleError } from './errors.ts'

/**
 * What a codec does to values, as far as an algorithm has to care:
 *
 * - `exact`: every bit comes back, as with `float32`, `float32+zstd` or `sparse`, which
 *   only leaves out zeros;
 * - `dense`: every value comes back, within a bound, as with `int8`, `bfloat16` or `sign`;
 * - `sparse`: most values come back as zero, as with `topk`, `randomk` or `threshold`.
 *
 * Differences from a result that all ranks hold, `delta:int8`, are of the class of
 * what they are encoded with, but never exact, as sums of differences round.
 */
export type CodecClass = 'exact' | 'dense' | 'sparse'

/**
 * How often a contribution is encoded on its way into the result:
 *
 * - `once`: by the rank whose it is; its error is that rank's own;
 * - `requantized`: by every hop that sends a partial sum on, which loses a little each time;
 * - `refused`: the codec cannot carry what the algorithm sends.
 *
 * The result itself is encoded once more, whatever the algorithm, by its finisher.
 */
export type CodecUse = 'once' | 'requantized' | 'refused'

/** Collectives by what they send: partial sums, or nothing but finished values. */
const SENDS_PARTIAL_SUMS: Readonly<Record<Collective, boolean>> = {
  allReduce: true,
  reduceScatter: true,
  allGather: false,
  broadcast: false,
  barrier: true
}

/** How an algorithm uses codecs of each class where it sends partial sums. */
export const CODEC_USES: Readonly<Record<Algorithm, Readonly<Record<CodecClass, CodecUse>>>> = {
  ring: { exact: 'once', dense: 'requantized', sparse: 'refused' },
  tree: { exact: 'once', dense: 'requantized', sparse: 'refused' },
  butterfly: { exact: 'once', dense: 'requantized', sparse: 'refused' },
  hierarchical: { exact: 'once', dense: 'requantized', sparse: 'refused' },
  direct: { exact: 'once', dense: 'once', sparse: 'once' }
}

/** Why a sparse codec is refused where partial sums are sent on. */
const SPARSE_REFUSAL =
  'every hop would keep only the largest entries of a sum of others, and what it drops has no owner to make up for it'

/**
 * The class of a codec, by its name as users write it. A name that says nothing
 * is `dense`: that promises the least of what all algorithms can work with.
 *
 * @param lossless what the codec says of itself, if it is at hand
 */
export function codecClassOf(name: string, lossless?: boolean): CodecClass {
  if (/topk|randomk|threshold/i.test(name)) return 'sparse'
  if (lossless === true || /^(float32|float64|raw|sparse)(\+|$)/.test(name)) return 'exact'
  if (name.startsWith('delta')) return 'dense'
  // what is summed of it are the factors, as float32
  if (name.startsWith('powersgd')) return 'exact'
  return 'dense'
}

/** How a collective uses codecs of a class when an algorithm carries it out. */
export function codecUse(
  algorithm: Algorithm,
  collective: Collective,
  codecClass: CodecClass
): CodecUse {
  return SENDS_PARTIAL_SUMS[collective] ? CODEC_USES[algorithm][codecClass] : 'once'
}

/**
 * Checks that a codec can carry what an algorithm sends.
 *
 * @param codecClass default: {@link codecClassOf} the name
 * @throws {ScheduleError} `CODEC_MISFIT`, which names the algorithms to use instead
 */
export function assertCodecFits(
  algorithm: Algorithm,
  collective: Collective,
  codec: string,
  codecClass: CodecClass = codecClassOf(codec)
): void {
  if (codecUse(algorithm, collective, codecClass) !== 'refused') return
  const instead = ALGORITHM_NAMES.filter(
    (other) => codecUse(other, collective, codecClass) !== 'refused'
  )
  throw new ScheduleError(
    'CODEC_MISFIT',
    `the codec ${codec} does not fit the algorithm ${algorithm}: ${SPARSE_REFUSAL}; ` +
      `use the algorithm ${instead.join(' or ')}, or a codec that is dense, like int8`,
    { codec, codecClass, algorithm, collective, instead }
  )
}

const ALGORITHM_NAMES: readonly Algorithm[] = [
  'ring',
  'tree',
  'butterfly',
  'hierarchical',
  'direct'
]
