import type {
  Codec,
  CollectiveCompressor,
  CollectiveRound,
  Exchange,
  RoundRequest
} from '@daa-compute/interface'
import { createKernels } from '@daa-compute/kernels'
import { CodecError, malformed } from '../errors.ts'
import { deltaName } from '../name/pipeline.ts'
import { addBase, type Base, subtractBase } from './base.ts'
import { LARGEST_DIFFERED } from './constants.ts'
import { versionOf } from './version.ts'

/** What is remembered between rounds. */
interface Memory {
  /** The last result that counted. */
  base: Base | undefined
  /** Tells the latest try from those that were given up. */
  round: number
}

/**
 * Compresses an all-reduce by reducing differences from the last result, which
 * all ranks of that round hold bit for bit: every rank takes it off its values, and
 * adds it to the mean. So the base is the same for contributions, partial sums and
 * results, and any algorithm will do. For values that change little from round to
 * round, such as parameters that are averaged; gradients rarely are like that.
 *
 * A rank that has missed a round holds another base. So the first exchange of a
 * round, 32 bytes, finds out whether all hold the same, and otherwise the values
 * themselves are reduced, after which all do. What the codec loses of a round's
 * differences is in the differences of the next, unless the caller has replaced
 * its values by the result in between.
 *
 * One per run and kind of values; it takes twice the memory of the values.
 */
export function createDeltaCompressor(codec: Codec): CollectiveCompressor {
  const memory: Memory = { base: undefined, round: 0 }
  const name = deltaName(codec.name)
  return {
    name,
    layout: '',
    assertFits: (request) => assertFits(name, request),
    begin: (values) => beginRound(codec, memory, values.slice()),
    forget() {
      memory.round++
      memory.base = undefined
    }
  }
}

/** @param values become the differences, and then what all ranks' come to */
function beginRound(codec: Codec, memory: Memory, values: Float32Array): CollectiveRound {
  const round = ++memory.round
  let base: Base | undefined
  function* exchanges(): Generator<Exchange, void> {
    if (values.length === 0) return
    const held = isNear(memory.base, values) ? memory.base : undefined
    const own = marksOf(held)
    const marks = own.slice()
    yield { op: 'max', values: marks }
    if (areAlike(marks)) {
      // else this rank alone would come to another result than all others
      if (held === undefined || !own.every((mark, i) => mark === marks[i])) {
        throw malformed('the ranks are said to hold a base that this one does not')
      }
      base = held
      subtractBase(values, base)
    }
    yield { op: 'mean', values, codec }
  }
  const running = exchanges()
  return {
    next: () => running.next().value ?? undefined,
    finish(out) {
      out.set(values)
      if (base !== undefined) addBase(out, base)
    },
    commit(result) {
      if (round !== memory.round) return
      memory.round++
      memory.base = { values: result.slice(), version: versionOf(result) }
    },
    rollback() {
      if (round === memory.round) memory.round++
    }
  }
}

/** Whether sums of differences are sure to be finite. */
function isNear(base: Base | undefined, values: Float32Array): boolean {
  if (base === undefined || base.values.length !== values.length) return false
  return largestOf(values) <= LARGEST_DIFFERED && largestOf(base.values) <= LARGEST_DIFFERED
}

/** NaN, infinity or the largest magnitude. */
function largestOf(values: Float32Array): number {
  const largest = new Float32Array(1)
  createKernels().blockMaxAbs(values, values.length, largest)
  return largest[0] as number
}

/**
 * Numbers of which the ranks' largest tell whether all have the same version: 16
 * bits each, which float32 holds exactly, and their negatives. Without a base, such
 * that they tell that not all have.
 */
function marksOf(base: Base | undefined): Float32Array {
  if (base === undefined) return new Float32Array(8).fill(1)
  const { version } = base
  const pieces = [0n, 16n, 32n, 48n].map((shift) => Number((version >> shift) & 0xffffn))
  return Float32Array.from([...pieces, ...pieces.map((piece) => -piece)])
}

/** Whether of all ranks' numbers the largest is the least. */
function areAlike(marks: Float32Array): boolean {
  const half = marks.length / 2
  return marks.subarray(0, half).every((most, i) => most === -(marks[half + i] as number))
}

function assertFits(name: string, { op, dtype }: Pick<RoundRequest, 'op' | 'dtype'>): void {
  if (op !== 'mean') throw bad(`${name} makes means, no ${op}`, op)
  if (dtype !== 'float32') throw bad(`${name} is for float32, not ${dtype}`, dtype)

  function bad(message: string, parameter: string): CodecError<'BAD_PARAMETER'> {
    return new CodecError('BAD_PARAMETER', message, { name, parameter })
  }
}
