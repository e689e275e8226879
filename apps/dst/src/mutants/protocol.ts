import type { Mutant } from '../mutation.ts'

/** Mistakes in how rounds are agreed on. */
export const PROTOCOL_MUTANTS: readonly Mutant[] = [
  {
    name: 'promise forgets',
    why: 'a member promises and accepts ballots below one that it has promised: it votes twice',
    edits: [
      {
        file: 'round/consensus/acceptor.ts',
        find: 'if (ballot <= this.promised) return false',
        replace: ''
      },
      {
        file: 'round/consensus/acceptor.ts',
        find: 'if (ballot < this.promised || ballot <= this.#open.ballot) return false',
        replace: 'if (ballot <= this.#open.ballot) return false'
      },
      {
        file: 'round/consensus/acceptor.ts',
        find: 'open.ballot !== this.promised ||',
        replace: ''
      }
    ]
  },
  {
    name: 'double vote',
    why: 'a member that has voted to commit votes for a retry in the same breath',
    edits: [
      {
        file: 'round/consensus/slot.ts',
        find: 'accepted: accepted && { ballot: accepted.ballot, proposal: accepted.value }',
        replace: 'accepted: undefined'
      }
    ]
  },
  {
    name: 'ignored acceptance',
    why: 'a coordinator proposes what it likes though something else may have been chosen',
    edits: [
      {
        file: 'round/consensus/choose.ts',
        find: "if (ballot === -1) return { type: 'free' }",
        replace: "if (ballot >= -1) return { type: 'free' }"
      }
    ]
  },
  {
    name: 'wrong quorum',
    why: 'half of the members will do: two halves decide differently',
    edits: [
      {
        file: 'round/consensus/configuration.ts',
        find: 'Math.floor(size / 2) + 1',
        replace: 'Math.ceil(size / 2)'
      }
    ]
  },
  {
    name: 'amnesia ignored',
    why: 'a restarted peer is taken for the one it was, and votes again',
    edits: [
      {
        file: 'live-run.ts',
        find: 'toHex(random.fill(new Uint8Array(8)))',
        replace: "'0123456789abcdef'"
      }
    ]
  },
  {
    name: 'unchecked digest',
    why: 'a member accepts a result that is not the one it holds',
    edits: [
      {
        file: 'round/consensus/acceptor.ts',
        find: 'const isHeld = held !== undefined && sameDigest(result, held)',
        replace: 'const isHeld = held !== undefined'
      },
      {
        file: 'round/consensus/slot.ts',
        find: 'if (wanted === undefined || (held !== undefined && sameDigest(wanted, held))) return undefined',
        replace: 'if (wanted === undefined || held !== undefined) return undefined'
      }
    ]
  },
  {
    name: 'retry without restoring',
    why: 'the next attempt adds to what the last one left',
    edits: [
      {
        file: 'attempt-runner.ts',
        find: 'nobody will count\n          shelf.clear()\n          this.#undo.restore()',
        replace: 'nobody will count\n          shelf.clear()'
      }
    ]
  },
  {
    name: 'no restore in doubt',
    why: 'a call whose outcome is unknown keeps the result',
    edits: [
      {
        file: 'attempt-runner.ts',
        find: 'this.#undo.restore()\n          throw unknown(',
        replace: 'throw unknown('
      }
    ]
  },
  {
    name: 'joiner with an old sequence',
    why: 'a peer that missed rounds takes part as if it had not',
    edits: [
      {
        file: 'round/attempt/joining.ts',
        find: 'if (isApart && !call.late) {',
        replace: 'if (config.sequence < place.sequence && !call.late) {'
      },
      {
        file: 'round/membership/invitations.ts',
        find: 'const isFit = sequence === place().sequence ||',
        replace: 'const isFit = sequence >= place().sequence ||'
      }
    ]
  },
  {
    name: 'shared ballots',
    why: 'two coordinators propose under one number',
    edits: [
      {
        file: 'round/consensus/coordinator.ts',
        find: '* size + place + 1',
        replace: '* size + 1 + 0 * place'
      }
    ]
  },
  {
    name: 'votes of any ballot',
    why: 'votes of different ballots are counted together',
    edits: [
      {
        file: 'round/consensus/votes.ts',
        find: 'this.#tally.add(rank, vote.ballot, key)',
        replace: 'this.#tally.add(rank, 0, key)'
      },
      {
        file: 'round/consensus/tally.ts',
        find: "if (earlier !== undefined) return earlier === key ? 'counted' : 'conflict'",
        replace: ''
      }
    ]
  },
  {
    name: 'left out, and founding',
    why: 'who was left out of a lineage begins another beside it',
    edits: [
      {
        file: 'round/membership/founding.ts',
        find: 'ours.includes(peer) && askOf(peer).founds',
        replace: 'ours.includes(peer)'
      }
    ]
  },
  {
    name: 'recovery unsaid',
    why: 'a call is not told that it got the round of an earlier one',
    edits: [
      {
        file: 'live-run.ts',
        find: 'outliers,\n        recovered,',
        replace: 'outliers,\n        recovered: false,'
      }
    ]
  },
  {
    name: 'repeated vote counts',
    why: 'one member that says its vote twice is two',
    edits: [
      {
        file: 'round/consensus/tally.ts',
        find: "if (earlier !== undefined) return earlier === key ? 'counted' : 'conflict'",
        replace: ''
      }
    ]
  },
  {
    name: 'doubt denied',
    why: 'who has voted and cannot learn the outcome is told that nothing happened',
    edits: [
      {
        file: 'round/errors.ts',
        find: "'OUTCOME_UNKNOWN',",
        replace: "'ABORTED' as 'OUTCOME_UNKNOWN',"
      }
    ]
  },
  {
    name: 'lost link ignored',
    why: 'nobody complains of a member that is gone',
    edits: [
      {
        file: 'round/consensus/presence.ts',
        find: 'if (down.left || left <= 0) return down.reason',
        replace: ''
      }
    ]
  },
  {
    name: 'fetch without asking',
    why: 'who lacks the result that counts keeps what it has',
    edits: [
      {
        file: 'attempt-runner.ts',
        find: 'await shelf.fetch(digest, holders, bytes)',
        replace: ''
      }
    ]
  },
  {
    name: 'wrong owner of a result',
    why: 'a result is handed out under any digest',
    edits: [
      {
        file: 'round/attempt/shelf.ts',
        find: 'one?.key === key &&',
        replace: 'one !== undefined &&'
      }
    ]
  }
]
