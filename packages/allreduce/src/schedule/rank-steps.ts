import { type Dependencies, dependencies } from './dependencies.ts'
import type { Step } from './schedule.ts'

/** The steps of one rank and how far they have come. */
export class RankSteps {
  readonly rank: number
  readonly steps: readonly Step[]
  readonly #done: Uint8Array
  readonly #waitsFor: readonly Dependencies[]
  /** The step that waits for each one, by chunk and by lane. */
  readonly #nextOnChunk: Int32Array
  readonly #nextInLane: Int32Array
  /** The first open step of each lane, by peer. */
  readonly #outbound = new Map<number, number>()
  readonly #inbound = new Map<number, number>()

  constructor(rank: number, steps: readonly Step[]) {
    this.rank = rank
    this.steps = steps
    this.#done = new Uint8Array(steps.length)
    this.#waitsFor = dependencies(steps)
    this.#nextOnChunk = new Int32Array(steps.length).fill(-1)
    this.#nextInLane = new Int32Array(steps.length).fill(-1)
    for (const [index, { chunk, lane }] of this.#waitsFor.entries()) {
      if (chunk !== undefined) this.#nextOnChunk[chunk] = index
      if (lane !== undefined) this.#nextInLane[lane] = index
      const step = this.step(index)
      if (step.op === 'finish' || lane !== undefined) continue
      const lanes = step.op === 'send' ? this.#outbound : this.#inbound
      lanes.set(step.peer, index)
    }
  }

  step(index: number): Step {
    const step = this.steps[index]
    if (step === undefined) throw new RangeError(`there is no step ${index}`)
    return step
  }

  peer(index: number): number | undefined {
    const step = this.step(index)
    return step.op === 'finish' ? undefined : step.peer
  }

  /** The first open step of the lane to, or from, a peer. */
  head(outbound: boolean, peer: number): number | undefined {
    return (outbound ? this.#outbound : this.#inbound).get(peer)
  }

  isReady(index: number): boolean {
    const { chunk, lane } = this.#waitsFor[index] ?? {}
    if (this.#done[index] === 1) return false
    if (chunk !== undefined && this.#done[chunk] !== 1) return false
    return lane === undefined || this.#done[lane] === 1
  }

  /** Marks a step done; what may have become ready by that. */
  complete(index: number): number[] {
    this.#done[index] = 1
    const step = this.step(index)
    const next = this.#nextInLane[index] ?? -1
    if (step.op !== 'finish') {
      const lanes = step.op === 'send' ? this.#outbound : this.#inbound
      if (next === -1) lanes.delete(step.peer)
      else lanes.set(step.peer, next)
    }
    return [next, this.#nextOnChunk[index] ?? -1].filter((freed) => freed !== -1)
  }

  firstOpen(): number | undefined {
    const open = this.#done.indexOf(0)
    return open === -1 ? undefined : open
  }
}
