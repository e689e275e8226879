import { type Dependencies, dependencies } from './dependencies.ts'
import type { Schedule, Step } from './schedule.ts'

/** What a {@link checkSchedule} run found of one schedule. */
export interface ScheduleReport {
  /** Chunks sent by each rank, partial and finished ones together. */
  readonly sent: readonly number[]
  /** Longest chain of messages that wait for each other. */
  readonly depth: number
}

interface Message {
  readonly chunk: number
  readonly value: ChunkValue
  readonly depth: number
}

/** A chunk as a symbol: whose contributions are in it how often, and whether it is finished. */
interface ChunkValue {
  readonly counts: readonly number[]
  readonly finishedBy: number | undefined
}

/**
 * Executes a schedule symbolically and proves it for one size and chunk count:
 * every rank ends with every chunk finished, each finished by one rank from
 * exactly one contribution of every rank; no message is left over or expected in
 * vain; nothing is reduced into or sent out of order.
 *
 * Each ordered pair of ranks has a channel that holds `capacity` messages; a
 * send into a full one waits. So a schedule that passes cannot deadlock with
 * that much buffering: steps of one rank that concern different peers, or the
 * same in different directions, proceed independently, as in the executor.
 *
 * @param capacity messages a channel holds. Default 1
 * @throws {Error} that says which rank and step is wrong and how
 */
export function checkSchedule(
  schedule: Schedule,
  size: number,
  chunks: number,
  capacity = 1
): ScheduleReport {
  const ranks = Array.from(
    { length: size },
    (_, rank) => new SymbolicRank(rank, size, chunks, schedule(rank, size, chunks))
  )
  const channels = new Map<number, Message[]>()
  const channel = (from: number, to: number): Message[] => {
    const key = from * size + to
    const found = channels.get(key) ?? []
    channels.set(key, found)
    return found
  }

  let moved = true
  while (moved) {
    moved = false
    for (const rank of ranks) moved = rank.advance(channel, capacity) || moved
  }

  for (const rank of ranks) rank.assertComplete()
  for (const [key, messages] of channels) {
    if (messages.length > 0) {
      throw new Error(
        `rank ${Math.floor(key / size)} sent rank ${key % size} ${messages.length} messages it never receives`
      )
    }
  }
  const finishers = ranks.map((rank) => rank.finishers())
  for (const [rank, finished] of finishers.entries()) {
    if (finished.some((by, chunk) => by !== finishers[0]?.[chunk])) {
      throw new Error(`rank ${rank} holds a chunk finished by another rank than rank 0's copy`)
    }
  }
  return { sent: ranks.map((rank) => rank.sent), depth: Math.max(0, ...ranks.map((r) => r.depth)) }
}

class SymbolicRank {
  sent = 0
  depth = 0
  readonly #rank: number
  readonly #size: number
  readonly #steps: readonly Step[]
  readonly #done: boolean[]
  readonly #waitsFor: readonly Dependencies[]
  readonly #chunks: { value: ChunkValue; depth: number }[]

  constructor(rank: number, size: number, chunks: number, steps: readonly Step[]) {
    this.#rank = rank
    this.#size = size
    this.#steps = steps
    this.#done = steps.map(() => false)
    this.#waitsFor = dependencies(steps)
    const own = Array.from({ length: size }, (_, r) => (r === rank ? 1 : 0))
    this.#chunks = Array.from({ length: chunks }, () => ({
      value: { counts: own, finishedBy: undefined },
      depth: 0
    }))
  }

  /** Runs every step that can run now; says whether there was one. */
  advance(channel: (from: number, to: number) => Message[], capacity: number): boolean {
    let moved = false
    for (const [index, step] of this.#steps.entries()) {
      if (this.#done[index] === true) continue
      if (!this.#isReady(index)) continue
      if (this.#run(step, index, channel, capacity)) {
        this.#done[index] = true
        moved = true
      }
    }
    return moved
  }

  #isReady(index: number): boolean {
    const earlier = [this.#waitsFor[index]?.chunk, this.#waitsFor[index]?.lane]
    return earlier.every((step) => step === undefined || this.#done[step] === true)
  }

  #run(
    step: Step,
    index: number,
    channel: (from: number, to: number) => Message[],
    capacity: number
  ): boolean {
    const mine = this.#chunks[step.chunk]
    if (mine === undefined) throw this.#wrong(index, 'names a chunk that does not exist')
    if (step.op === 'finish') {
      if (mine.value.finishedBy !== undefined) throw this.#wrong(index, 'finishes it again')
      if (mine.value.counts.some((count) => count !== 1)) {
        throw this.#wrong(index, `finishes the contributions ${mine.value.counts.join(',')}`)
      }
      mine.value = { counts: mine.value.counts, finishedBy: this.#rank }
      return true
    }
    if (step.peer === this.#rank || step.peer < 0 || step.peer >= this.#size) {
      throw this.#wrong(index, `names peer ${step.peer}`)
    }
    if (step.op === 'send') {
      const out = channel(this.#rank, step.peer)
      if (out.length >= capacity) return false
      out.push({ chunk: step.chunk, value: mine.value, depth: mine.depth + 1 })
      this.sent++
      return true
    }
    const message = channel(step.peer, this.#rank).shift()
    if (message === undefined) return false
    if (message.chunk !== step.chunk) throw this.#wrong(index, `receives chunk ${message.chunk}`)
    mine.depth = Math.max(mine.depth, message.depth)
    this.depth = Math.max(this.depth, mine.depth)
    if (step.op === 'copy') {
      if (message.value.finishedBy === undefined) throw this.#wrong(index, 'copies a partial sum')
      mine.value = message.value
      return true
    }
    if (message.value.finishedBy !== undefined || mine.value.finishedBy !== undefined) {
      throw this.#wrong(index, 'adds what is finished')
    }
    const counts = mine.value.counts.map((count, r) => count + (message.value.counts[r] ?? 0))
    mine.value = { counts, finishedBy: undefined }
    return true
  }

  assertComplete(): void {
    const stuck = this.#done.indexOf(false)
    if (stuck !== -1) throw this.#wrong(stuck, 'can never run')
    const open = this.#chunks.findIndex(({ value }) => value.finishedBy === undefined)
    if (open !== -1) throw new Error(`rank ${this.#rank} ends with chunk ${open} unfinished`)
  }

  finishers(): (number | undefined)[] {
    return this.#chunks.map(({ value }) => value.finishedBy)
  }

  #wrong(index: number, what: string): Error {
    const step = this.#steps[index]
    return new Error(
      `rank ${this.#rank} of ${this.#size}, step ${index}: ${step?.op} of chunk ${step?.chunk} ${what}`
    )
  }
}
