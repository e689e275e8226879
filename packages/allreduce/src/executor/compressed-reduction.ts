import type { CollectiveRound, Plan } from '@daa-compute/interface'
import { findNonFinite } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { MAX_EXCHANGES } from './data-frame.ts'
import { createReduction, type Reduction, type ReductionInit } from './reduction.ts'
import { UndoBuffer } from './undo.ts'

/** What a compressed reduction needs. */
export interface CompressedReductionInit extends Omit<
  ReductionInit,
  'codec' | 'residual' | 'exchange' | 'onProgress'
> {
  readonly values: Float32Array
  /** It was begun with the values. */
  readonly round: CollectiveRound
}

/**
 * Carries out a plan by the all-reduces that a compressor asks for, one
 * after another, each by the plan's algorithm and among its members.
 *
 * To the round they are one reduction: there is one vote, after the last, on a
 * digest of all their digests. The result is a function of what they came to,
 * and so the same bits at every rank. The values are written at the end.
 */
export function createCompressedReduction(init: CompressedReductionInit): Reduction {
  const { plan, round, values, undo, router, hasher } = init
  const parts: Reduction[] = []
  let failure: Error | undefined

  async function exchange(): Promise<Uint8Array> {
    const hash = hasher.create()
    hash.update(plan.digest)
    for (let next = round.next(); next !== undefined; next = round.next()) {
      if (failure !== undefined) throw failure
      if (parts.length >= MAX_EXCHANGES) throw new AttemptFailure('a compressor that does not end')
      const number = parts.length
      const own = new UndoBuffer()
      own.begin(next.values)
      const { op } = next
      const codec = next.codec?.name === 'float32' ? undefined : next.codec
      const { length } = next.values
      const digest = digestOf(init, number)
      const part = createReduction({
        ...init,
        plan: { ...plan, op, length, digest, codec: codec?.name ?? 'float32' },
        values: next.values,
        undo: own,
        codec,
        exchange: number
      })
      parts.push(part)
      hash.update(await part.run())
    }
    if (failure !== undefined) throw failure
    undo.save(0, values.length)
    round.finish(values)
    const bad = findNonFinite(values, 'float32')
    if (bad !== -1) throw new AttemptFailure(`the mean at index ${bad} is not finite`)
    return hash.digest()
  }

  const sum = (of: (part: Reduction) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  return {
    async run() {
      try {
        return await exchange()
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
function digestOf({ plan, hasher }: CompressedReductionInit, exchange: number): Plan['digest'] {
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
