import { type Grid, joinGrid } from '@daa-compute/allreduce'
import { createCodec } from '@daa-compute/compression'
import { createSignatureVerifier, systemClock, systemRandom } from '@daa-compute/transport'
import type { GridOptions } from './config.ts'
import { openSwarm, type RunParts } from './open-swarm.ts'
import { nativeHasher } from './native-hasher.ts'

/**
 * Joins a grid: decides who may be in it, announces this peer and looks for the others.
 *
 * @param forget is called when the grid is over for this node, also if it is not joined
 */
export async function enterGrid(
  parts: RunParts,
  gridId: string,
  options: GridOptions,
  forget: () => void
): Promise<Grid> {
  const { config, identity } = parts
  const { logger, metrics, budget } = config
  const { signal, groupSize, dimensions, coordinates, gatherMs, algorithm } = options
  signal?.throwIfAborted()
  const codec = await createCodec(options.codec ?? parts.codec)
  const { checked, directory, release } = await openSwarm(parts, gridId, options, forget)
  try {
    const grid = await joinGrid({
      ...{ run: gridId, connector: checked.connector, directory, codec, budget, logger, metrics },
      ...{ groupSize, dimensions, coordinates, gatherMs, algorithm },
      clock: systemClock,
      random: systemRandom,
      hasher: nativeHasher,
      signer: identity.signer,
      verifier: createSignatureVerifier()
    })
    const joined = gridOfNode(grid, release)
    if (signal?.aborted === true) {
      await joined.leave()
      signal.throwIfAborted()
    }
    return joined
  } catch (error) {
    await release()
    throw error
  }
}

/** The grid as the node hands it out: leaving it also takes back the announcement. */
function gridOfNode(grid: Grid, released: () => Promise<void>): Grid {
  let leaving: Promise<void> | undefined
  const end = async (): Promise<void> => {
    try {
      await grid.leave()
    } finally {
      await released()
    }
  }
  const leave = (): Promise<void> => {
    leaving ??= end()
    return leaving
  }
  return {
    id: grid.id,
    self: grid.self,
    get coordinates() {
      return grid.coordinates
    },
    on: (name, listener) => grid.on(name, listener),
    average: (values, options) => grid.average(values, options),
    explain: () => grid.explain(),
    leave,
    [Symbol.asyncDispose]: leave
  }
}
