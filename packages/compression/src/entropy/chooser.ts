import { timeOf, transferTime, type Cost } from './cost.ts'
import type { EntropyStage } from './entropy-stage.ts'
import { SAMPLE_LENGTH, sampleOf } from './sample.ts'

/** A stage that may be chosen. */
export interface Candidate {
  readonly stage: EntropyStage
  readonly cost: Cost
}

/**
 * Where the first and strongest candidate leaves this much of a sample, none gets a tile to
 * be noticeably smaller, and the others are not asked.
 */
const HOPELESS_RATIO = 0.98

/**
 * Makes a function that says which stage a tile arrives soonest with, `undefined` being
 * none of them.
 *
 * It compresses a sample of the tile with each candidate. How fast they are it takes
 * from tables: measuring would choose differently from run to run, and a codec gives
 * the same bytes for the same values.
 *
 * @param candidates the strongest first
 * @param bandwidth of the link in bits/s
 */
export function createChooser(
  candidates: readonly Candidate[],
  bandwidth: number
): (tile: Uint8Array) => EntropyStage | undefined {
  const sampleRoom = new Uint8Array(SAMPLE_LENGTH)
  const longest = Math.max(...candidates.map(({ stage }) => stage.maxLength(SAMPLE_LENGTH)))
  const room = new Uint8Array(longest)

  return (tile) => {
    const rawTime = transferTime(tile.length, bandwidth)
    const sample = sampleOf(tile, sampleRoom)
    let best: EntropyStage | undefined
    let bestTime = rawTime
    let floor = 0
    for (const { stage, cost } of candidates) {
      // a weaker one that would lose even with the ratio of a stronger one need not be tried
      if (timeOf(cost, tile.length, floor, bandwidth) >= bestTime) continue
      const ratio = stage.compress(sample, room) / sample.length
      const time = timeOf(cost, tile.length, ratio, bandwidth)
      if (time < bestTime) {
        best = stage
        bestTime = time
      }
      if (ratio > HOPELESS_RATIO) break
      floor = Math.max(floor, ratio)
    }
    return best
  }
}
