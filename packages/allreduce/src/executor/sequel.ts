import type { Hasher, Plan } from '@daa-compute/interface'
import type { Outlier } from '../rules/views.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { MAX_EXCHANGES } from './data-frame.ts'
import type { Reduction } from './reduction.ts'
import type { DataRouter } from './router.ts'

export interface SequelInit {
  readonly plan: Plan
  readonly router: DataRouter
  readonly hasher: Hasher
}

/** Makes the exchanges of an attempt one after another. */
export interface Sequence {
  /** The plan with a tag of its own, for the next exchange, and the number of that. */
  next(): { readonly plan: Plan; readonly exchange: number }
  /** Runs the exchange. @throws {AttemptFailure} or what the sequel was given to fail with */
  run(part: Reduction): Promise<void>
}

/**
 * Several exchanges that are one reduction to the round: there is one vote, after the
 * last, on a digest of all their digests.
 *
 * @param exchanges makes all of them, then writes the values, and says what there is to say
 */
export function createSequel(
  init: SequelInit,
  exchanges: (sequence: Sequence) => Promise<readonly Outlier[] | undefined>
): Reduction {
  const { plan, router, hasher } = init
  const parts: Reduction[] = []
  let failure: Error | undefined
  let outliers: readonly Outlier[] | undefined

  async function run(): Promise<Uint8Array> {
    const hash = hasher.create()
    hash.update(plan.digest)
    const check = (): void => {
      if (failure !== undefined) throw failure
    }
    outliers = await exchanges({
      next() {
        check()
        const exchange = parts.length
        if (exchange >= MAX_EXCHANGES) throw new AttemptFailure('exchanges that do not end')
        return { plan: { ...plan, digest: digestOf(init, exchange) }, exchange }
      },
      async run(part) {
        parts.push(part)
        hash.update(await part.run())
        check()
      }
    })
    return hash.digest()
  }

  const sum = (of: (part: Reduction) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  return {
    async run() {
      try {
        return await run()
      } finally {
        router.end(plan)
      }
    },
    fail(error) {
      failure ??= error
      parts.at(-1)?.fail(error)
    },
    async released() {
      await Promise.all(parts.map((part) => part.released()))
    },
    get bytesSent() {
      return sum((part) => part.bytesSent)
    },
    get bytesReceived() {
      return sum((part) => part.bytesReceived)
    },
    get segmentsDone() {
      return sum((part) => part.segmentsDone)
    },
    get segmentsTotal() {
      return sum((part) => part.segmentsTotal)
    },
    get outliers() {
      return outliers
    },
    awaited: () => parts.at(-1)?.awaited() ?? [],
    blocked: () => parts.at(-1)?.blocked() ?? [],
    get offered() {
      return counts(parts.map(({ offered }) => offered))
    },
    get taken() {
      return counts(parts.map(({ taken }) => taken))
    }
  }
}

/** Tags the frames of one exchange, so that none is taken for another's. */
function digestOf({ plan, hasher }: SequelInit, exchange: number): Plan['digest'] {
  const hash = hasher.create()
  hash.update(plan.digest)
  hash.update(Uint8Array.of(exchange))
  return hash.digest()
}

function counts(all: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const total = new Map<number, number>()
  for (const [rank, count] of all.flatMap((one) => [...one])) {
    total.set(rank, (total.get(rank) ?? 0) + count)
  }
  return total
}
