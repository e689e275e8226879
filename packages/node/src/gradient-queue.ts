import type { AllReduceResult } from '@daa-compute/allreduce'
import { NodeError } from './errors.ts'

/** Gradients on their way, oldest first: what was broadcast waits here to be fetched. */
export class GradientQueue {
  readonly #rounds: Promise<AllReduceResult>[] = []

  /** Takes a round that has been joined. */
  add(round: Promise<AllReduceResult>): void {
    // whoever fetches it sees a failure; nobody fetching it is no crash
    round.catch(() => undefined)
    this.#rounds.push(round)
  }

  /** The oldest round not fetched yet. @throws {NodeError} `NO_GRADIENT` */
  async next(): Promise<AllReduceResult> {
    const round = this.#rounds.shift()
    if (round === undefined) {
      throw new NodeError(
        'NO_GRADIENT',
        'no gradient is on its way: call broadcastGradient first',
        {}
      )
    }
    return await round
  }
}
