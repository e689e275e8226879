import type { Clock, PeerId, Random } from '@daa-compute/interface'
import { partition } from '../schedule/partition.ts'
import {
  EXCESS_SHARE,
  MAX_CELLS,
  MAX_GROUPS_PER_CELL,
  MAX_LEAP,
  SETTLE_SHARE
} from './constants.ts'
import {
  type AnswerMessage,
  NO_CELL,
  NONCE_LENGTH,
  type Progress,
  type SeekMessage
} from './messages.ts'

export interface MatchmakerInit {
  readonly clock: Clock
  readonly random: Random
  /** ms that the first of a cell waits for the others. */
  readonly gatherMs: number
}

/** Peers that wait to be told whom they average with, and how each is told. */
interface OpenCell {
  readonly groupSize: number
  readonly answers: Map<PeerId, (answer: AnswerMessage) => void>
  cancel: () => void
}

/**
 * Brings the peers of a cell together: all who have asked until the first has waited
 * long enough, or a little after there were enough for a group. They become as few
 * groups as can be, of sizes that differ by one at most, and all of a group are told
 * the same, so that nobody waits for who was not there. Every peer of a grid is a
 * matchmaker, for the few cells that fall to it in a step.
 */
export class Matchmaker {
  readonly #init: MatchmakerInit
  readonly #cells = new Map<string, OpenCell>()
  #newest = 0
  #newestAtMs = Number.NaN

  constructor(init: MatchmakerInit) {
    this.#init = init
  }

  /** How far the others are, as far as this peer knows. */
  get progress(): Progress {
    const ageMs = this.#init.clock.now() - this.#newestAtMs
    return { newest: this.#newest, ageMs: Math.round(ageMs) || 0 }
  }

  /** Somebody has begun a step, so long ago. */
  note({ newest, ageMs }: Progress): void {
    if (newest > this.#newest + MAX_LEAP) return
    if (newest < this.#newest || (newest === this.#newest && !Number.isNaN(this.#newestAtMs)))
      return
    this.#newest = newest
    this.#newestAtMs = this.#init.clock.now() - ageMs
  }

  /** The step in which others can be met: the latest, while its cells gather, or the one after it. */
  get next(): number {
    const isOver = this.#init.clock.now() - this.#newestAtMs > this.#init.gatherMs
    return this.#newest + (isOver ? 1 : 0)
  }

  /**
   * Takes in a peer.
   *
   * @param answer called once, unless it is taken out before
   * @returns takes it out again; harmless when it was told already
   */
  enlist(
    peer: PeerId,
    { step, cell, groupSize }: SeekMessage,
    answer: (answer: AnswerMessage) => void
  ): () => void {
    const { clock, gatherMs } = this.#init
    if (cell !== NO_CELL) this.note({ newest: step, ageMs: 0 })
    const key = `${step} ${groupSize} ${cell}`
    const known = this.#cells.get(key)
    const isBusy = known === undefined && this.#cells.size >= MAX_CELLS
    if (cell === NO_CELL || isBusy || step < this.#newest) {
      answer({ type: 'pass', ...this.progress, isBusy })
      return () => undefined
    }
    const open = known ?? this.#open(key, groupSize)
    open.answers.set(peer, answer)
    const { size } = open.answers
    if (size >= groupSize * MAX_GROUPS_PER_CELL) this.#close(key, open)
    else if (size === groupSize) {
      open.cancel()
      open.cancel = clock.schedule(gatherMs * SETTLE_SHARE, () => this.#close(key, open))
    }
    return () => {
      if (open.answers.get(peer) !== answer) return
      open.answers.delete(peer)
      if (open.answers.size > 0 || this.#cells.get(key) !== open) return
      open.cancel()
      this.#cells.delete(key)
    }
  }

  /** Tells nobody anything any more. */
  stop(): void {
    for (const { cancel } of this.#cells.values()) cancel()
    this.#cells.clear()
  }

  #open(key: string, groupSize: number): OpenCell {
    const { clock, gatherMs } = this.#init
    const cell: OpenCell = {
      groupSize,
      answers: new Map(),
      cancel: clock.schedule(gatherMs, () => this.#close(key, cell))
    }
    this.#cells.set(key, cell)
    return cell
  }

  /** Places are given around the axis, from a random one on: none is preferred, none given twice in vain. */
  #close(key: string, { groupSize, answers, cancel }: OpenCell): void {
    cancel()
    this.#cells.delete(key)
    const { random } = this.#init
    const waiting = [...answers]
    answers.clear()
    const most = groupSize + Math.ceil(groupSize * EXCESS_SHARE)
    const count = Math.ceil(waiting.length / most)
    const first = Math.floor(random.next() * groupSize)
    for (const { start, end } of partition(waiting.length, count)) {
      const members = waiting.slice(start, end)
      const answer: AnswerMessage = {
        type: 'match',
        ...this.progress,
        nonce: random.fill(new Uint8Array(NONCE_LENGTH)),
        place: (first + start) % groupSize,
        peers: members.map(([peer]) => peer).toSorted()
      }
      for (const [, tell] of members) tell(answer)
    }
  }
}
