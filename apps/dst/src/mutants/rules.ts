import type { Mutant } from '../mutation.ts'

/** Mistakes in how contributions are aggregated by a rule. */
export const RULE_MUTANTS: readonly Mutant[] = [
  {
    name: 'own selection',
    why: 'an owner chooses contributions by the distances in its own shard',
    edits: [
      {
        file: 'rules/krum.ts',
        find: 'sumOver(all, size)',
        replace: 'pairs'
      }
    ]
  },
  {
    name: 'own distances',
    why: 'an owner clips by the distances in its own shard',
    edits: [
      {
        file: 'rules/centered-clip.ts',
        find: 'sumOver(all, size)',
        replace: 'Float64Array.from(squares)'
      }
    ]
  },
  {
    name: 'rule without undo',
    why: 'what a rule has made of an attempt that fails is left in the caller’s array',
    edits: [
      {
        file: 'executor/rule-store.ts',
        find: 'undo.save(at.start, at.end)\n    aggregator',
        replace: 'aggregator'
      }
    ]
  },
  {
    name: 'heavy zero',
    why: 'who brings weight 0 is counted by a rule like everybody else',
    edits: [
      {
        file: 'rules/weights.ts',
        find: '(weights[rank] as number) > 0)',
        replace: '(weights[rank] as number) >= 0)'
      },
      {
        file: 'rules/weights.ts',
        find: 'weights.map((weight) => (weight > 0 ? 1 / positive.length : 0))',
        replace: 'weights.map(() => 1 / weights.length)'
      }
    ]
  },
  {
    name: 'untold outliers',
    why: 'a member believes its own shard about who was outlying',
    edits: [
      {
        file: 'executor/robust-reduction.ts',
        find: 'const all = await tell(sequence, views.numbers)',
        replace: 'await tell(sequence, views.numbers)\n    const all = [views.numbers]'
      }
    ]
  }
]
