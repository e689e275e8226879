import type { Mutant } from '../mutation.ts'

/** Mistakes in how a state is kept, served and taken over. */
export const STATE_MUTANTS: readonly Mutant[] = [
  {
    name: 'unverified blocks',
    why: 'a joiner takes whatever block a donor sends',
    edits: [
      {
        file: 'fetch/object-fetch.ts',
        find: ': sameBytes(leaf, hash)',
        replace: ': leaf.length === hash?.length'
      }
    ]
  },
  {
    name: 'delta applied twice',
    why: 'a round that was missed changes the state of who makes it up twice',
    edits: [
      {
        file: 'replica/following.ts',
        find: 'else await this.#change(to, values)',
        replace: 'else { await this.#change(to, values); await this.#change(to, values) }'
      }
    ]
  },
  {
    name: 'wrong half',
    why: 'one voice is a quorum: what a single donor says is canonical',
    edits: [
      {
        file: 'fetch/quorum.ts',
        find: 'return count * 2 > electorate.size',
        replace: 'return count > 0'
      }
    ]
  },
  {
    name: 'enters with a stale revision',
    why: 'a peer that has entered applies the round to whatever state it has',
    edits: [
      {
        file: 'replica/following.ts',
        find: 'isSame(course.revision, before)',
        replace: 'course.revision !== undefined'
      }
    ]
  },
  {
    name: 'served as it changes',
    why: 'what is held for a joiner is no copy, and changes with the next round',
    edits: [{ file: 'serve/store.ts', find: 'state.freeze()', replace: '' }]
  },
  {
    name: 'whole while it changes',
    why: 'tensors that are being changed pass for the state they were',
    edits: [
      {
        file: 'serve/store.ts',
        find: `    this.#state = undefined
    this.#statement = undefined`,
        replace: '    this.#state = undefined'
      }
    ]
  },
  {
    name: 'each founds with its own',
    why: 'who founds together goes on with whatever it has, and not with the furthest',
    edits: [
      {
        file: 'replica/founding.ts',
        find: "keyOf(stand, digest) === most ? 'ours' : 'others'",
        replace: "stand === 'nothing' ? 'others' : 'ours'"
      }
    ]
  },
  {
    name: 'the stateless outvote',
    why: 'who has no state counts against those who have, so nobody gets it',
    edits: [
      {
        file: 'fetch/quorum.ts',
        find: 'participants.filter((peer) => !stateless.has(peer))',
        replace: 'stateless.size < 0 ? [] : participants'
      }
    ]
  }
]
