import { createDelta, createPowerSgd, type TensorShape } from '@daa-compute/compression'
import type { CollectiveCompressor } from '@daa-compute/interface'

/**
 * A compressor by its name, made where the network is and kept by the run: the same
 * choice is the same compressor in every round.
 */
export interface CompressorChoice {
  /** `powersgd:RANK`, or `delta:CODEC`. */
  readonly name: string
  /** Of the tensors that lie in the values, in their order: for `powersgd`. Default: none */
  readonly shapes?: readonly TensorShape[] | undefined
}

type Given = CollectiveCompressor | CompressorChoice | undefined

/** The compressors of one run. */
export interface Compressors {
  /** Does something with the compressor that was given, in the order of calls. */
  with<Result>(
    given: Given,
    work: (compressor: CollectiveCompressor | undefined) => Promise<Result>
  ): Promise<Result>
}

export function createCompressors(): Compressors {
  const made = new Map<string, Promise<CollectiveCompressor>>()
  // a call that has to wait for its compressor is not overtaken
  let waiting: Promise<unknown> | undefined

  const of = (choice: CompressorChoice): Promise<CollectiveCompressor> => {
    const { name, shapes } = choice
    const key = JSON.stringify([name, shapes])
    const compressor = made.get(key) ?? create(choice)
    made.set(key, compressor)
    return compressor
  }

  return {
    with(given, work) {
      if (!isChoice(given) && waiting === undefined) return work(given)
      const ready = Promise.all([isChoice(given) ? of(given) : given, waiting])
      const passed = ready.then(
        () => undefined,
        () => undefined
      )
      waiting = passed
      void passed.then(() => {
        if (waiting === passed) waiting = undefined
      })
      const done = ready.then(([compressor]) => work(compressor))
      // as of a run: whoever does not look at a round does not crash of its failure
      done.catch(() => undefined)
      return done
    }
  }
}

/** @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER` */
async function create({ name, shapes = [] }: CompressorChoice): Promise<CollectiveCompressor> {
  const rank = /^powersgd:(.*)$/.exec(name)?.[1]
  if (rank === undefined) return (await createDelta(name)).createCompressor()
  return createPowerSgd({ rank: rank === '' ? Number.NaN : Number(rank), shapes })
}

function isChoice(given: Given): given is CompressorChoice {
  return given !== undefined && !('begin' in given)
}
