import { ENTROPY_IDS } from '../constants.ts'
import { malformed } from '../errors.ts'
import { BANDWIDTH_FORM, bitsPerSecond, parseBandwidth } from './bandwidth.ts'
import { createChooser, type Candidate } from './chooser.ts'
import { LZ4_COST, SNAPPY_COST, ZSTD_COST } from './cost-tables.ts'
import type { EntropyFamily, EntropyStage } from './entropy-stage.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

/** Bytes of the id of the chosen stage, in front of what that stage has written. */
const CHOICE_LENGTH = 1

/** All that may be chosen, the strongest first. */
const CHOICES = [
  { family: zstd, parameter: '1', cost: ZSTD_COST },
  { family: lz4, parameter: undefined, cost: LZ4_COST },
  { family: snappy, parameter: undefined, cost: SNAPPY_COST }
] as const

/**
 * Chooses for every tile what takes the least time from end to end over a link of a
 * given bandwidth: one of the other stages, or none.
 *
 * The bandwidth is the sender's own matter. The choice is in front of every tile, so
 * that a receiver needs to know nothing about it.
 */
export const auto: EntropyFamily = {
  name: 'auto',
  form: `auto[:BANDWIDTH], ${BANDWIDTH_FORM}`,
  parse: parseBandwidth,
  async load(parameter, options) {
    const canonical = parseBandwidth(parameter, 'auto')
    const candidates = await Promise.all(
      CHOICES.map(async (choice): Promise<Candidate> => {
        const stage = await choice.family.load(choice.parameter, options)
        return { stage, cost: choice.cost }
      })
    )
    return autoStage(canonical, candidates)
  }
}

function autoStage(bandwidth: string, candidates: readonly Candidate[]): EntropyStage {
  const choose = createChooser(candidates, bitsPerSecond(bandwidth))
  const stages = candidates.map(({ stage }) => stage)
  return {
    name: `auto:${bandwidth}`,
    id: ENTROPY_IDS.auto,
    maxLength: (length) =>
      CHOICE_LENGTH + Math.max(...stages.map((stage) => stage.maxLength(length))),
    compress(input, out) {
      const stage = choose(input)
      if (stage === undefined) return input.length
      out[0] = stage.id
      return CHOICE_LENGTH + stage.compress(input, out.subarray(CHOICE_LENGTH))
    },
    decompress(input, out) {
      const stage = stages.find(({ id }) => id === input[0])
      if (stage === undefined) {
        throw malformed(`a tile of auto does not begin with the id of a stage (${input[0]})`)
      }
      stage.decompress(input.subarray(CHOICE_LENGTH), out)
    }
  }
}
