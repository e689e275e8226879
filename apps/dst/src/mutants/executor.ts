import type { Mutant } from '../mutation.ts'

/** Mistakes in how values move, add up and come back. */
export const EXECUTOR_MUTANTS: readonly Mutant[] = [
  {
    name: 'skipped undo',
    why: 'an attempt that fails leaves partial sums in the caller’s array',
    edits: [
      {
        file: 'executor/undo.ts',
        find: 'for (const { start, end } of this.#saved) this.#putBack(start, end)',
        replace: ''
      }
    ]
  },
  {
    name: 'late save',
    why: 'values are kept for undo after they were weighted',
    edits: [
      {
        file: 'executor/value-store.ts',
        find: 'undo.save(at.start, at.end)\n    this.#form.load(at)',
        replace: 'this.#form.load(at)'
      },
      {
        file: 'executor/value-store.ts',
        find: 'else scale(sums, weight)\n    }',
        replace: 'else scale(sums, weight)\n    }\n    undo.save(at.start, at.end)'
      }
    ]
  },
  {
    name: 'unweighted mean',
    why: 'the sum is divided by the number of members',
    edits: [
      {
        file: 'executor/value-store.ts',
        find: 'scale(sums, 1 / total)',
        replace: 'scale(sums, 1 / plan.members.length)'
      }
    ]
  },
  {
    name: 'lost weight',
    why: 'a partial sum takes over the weight that came instead of adding it',
    edits: [
      {
        file: 'executor/value-store.ts',
        find: '(this.#weights[at.index] ?? 0) + weight',
        replace: 'weight'
      }
    ]
  },
  {
    name: 'early resolve',
    why: 'a rank takes itself for finished one segment before it is',
    edits: [
      {
        file: 'executor/executor.ts',
        find: 'this.segmentsDone < this.segmentsTotal ||',
        replace: 'this.segmentsDone < this.segmentsTotal - 1 ||'
      }
    ]
  },
  {
    name: 'lost feedback',
    why: 'the owner of a chunk keeps its exact values where the others have decoded ones',
    edits: [
      {
        file: 'executor/codec-form.ts',
        find: 'if (residual === undefined) resultCodec.decode(bytes, sums(segment))\n      else {',
        replace: 'if (residual !== undefined) {'
      }
    ]
  },
  {
    name: 'stale frame',
    why: 'a segment of an earlier attempt, or of another plan, is taken for one of this attempt',
    edits: [
      {
        file: 'executor/router.ts',
        find: 'compare(header, this.#floor) <= 0',
        replace: 'false'
      },
      {
        file: 'executor/router.ts',
        find: 'if (order < 0) return this.#drop(peer, frame)',
        replace: ''
      },
      {
        file: 'executor/router.ts',
        find: 'rank === undefined || !isOfPlan(frame, current.plan.digest)',
        replace: 'rank === undefined'
      }
    ]
  },
  {
    name: 'no dependencies',
    why: 'segments are sent on before what has to be added has come',
    edits: [
      {
        file: 'executor/executor.ts',
        find: 'return this.#progress.reached(this.#dependencies[step]?.chunk, segment)',
        replace: 'return undefined'
      }
    ]
  }
]
