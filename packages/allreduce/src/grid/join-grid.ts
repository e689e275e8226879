import { codecClassOf } from '../schedule/codec-use.ts'
import { MAX_DIMENSIONS, MAX_GRID_RUN_LENGTH, MAX_GROUP_SIZE } from './constants.ts'
import type { Grid, GridInit } from './grid.ts'
import { LiveGrid } from './live-grid.ts'

/**
 * Joins a swarm that is too large for one group: a grid of groups of bounded size that
 * rotate, so that every peer mixes with every other (Ryabinin, Gorbunov, Plokhotnyuk,
 * Pekhimenko: "Moshpit SGD: communication-efficient decentralized training on
 * heterogeneous unreliable devices", NeurIPS 2021).
 *
 * Peers have a place along each of `dimensions` axes. A step averages along one of
 * them, among those who have all other coordinates in common; a peer's place along
 * that axis is then its rank in the group, so that who has met parts. Each group
 * agrees as a run does; different groups do not agree with each other, they converge.
 *
 * @throws {RangeError} for a name, size, number, place, time or codec that cannot be
 * @throws {ConnectorError} `ALREADY_ACCEPTED` when this peer is in the grid already
 */
export async function joinGrid(init: GridInit): Promise<Grid> {
  const { run, groupSize = 8, dimensions = 3, coordinates, gatherMs, codec } = init
  const nameLength = new TextEncoder().encode(run).length
  if (nameLength === 0 || nameLength > MAX_GRID_RUN_LENGTH) {
    throw new RangeError(`a grid's name has 1 to ${MAX_GRID_RUN_LENGTH} bytes, this ${nameLength}`)
  }
  assertWithin('groupSize', groupSize, 2, MAX_GROUP_SIZE)
  assertWithin('dimensions', dimensions, 1, MAX_DIMENSIONS)
  if (gatherMs !== undefined && !(gatherMs > 0 && gatherMs < Infinity)) {
    throw new RangeError(`gatherMs is more than 0 ms, not ${gatherMs}`)
  }
  if (coordinates !== undefined) {
    if (coordinates.length !== dimensions) {
      throw new RangeError(`there are ${dimensions} coordinates, not ${coordinates.length}`)
    }
    for (const place of coordinates) assertWithin('a coordinate', place, 0, groupSize - 1)
  }
  if (codec !== undefined && codecClassOf(codec.name, codec.lossless) === 'sparse') {
    throw new RangeError(
      `${codec.name} leaves most values out, which is no way to average parameters: take a dense codec such as int8`
    )
  }
  const grid = new LiveGrid(init, { groupSize, dimensions })
  await grid.start()
  return grid
}

function assertWithin(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${name} is a whole number from ${least} to ${most}, not ${value}`)
}
