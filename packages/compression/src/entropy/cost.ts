/** What a stage takes to compress and to decompress. */
export interface Cost {
  /** Nanoseconds per tile, whatever its length. */
  readonly perTile: number

  /** By how well it compresses; ascending in `ratio`. */
  readonly points: readonly CostPoint[]
}

interface CostPoint {
  /** Length after compression by length before. */
  readonly ratio: number

  /** Nanoseconds per byte before compression, to compress and to decompress it. */
  readonly perByte: number
}

/**
 * The time that a tile takes from one machine into the memory of another: to
 * compress, to send and to decompress, one after the other. In nanoseconds.
 *
 * @param length of the tile in bytes
 * @param ratio length after compression by length before
 * @param bandwidth of the link in bits/s
 */
export function timeOf(cost: Cost, length: number, ratio: number, bandwidth: number): number {
  return (
    cost.perTile + length * perByte(cost.points, ratio) + transferTime(length * ratio, bandwidth)
  )
}

/** Nanoseconds that `length` bytes take over a link of `bandwidth` bits/s. */
export function transferTime(length: number, bandwidth: number): number {
  return (length * 8e9) / bandwidth
}

/** Linear between the points, level beyond the first and the last. */
function perByte(points: readonly CostPoint[], ratio: number): number {
  const next = points.findIndex((point) => point.ratio > ratio)
  if (next < 0) return points.at(-1)!.perByte
  if (next === 0) return points[0]!.perByte
  const [low, high] = [points[next - 1]!, points[next]!]
  const share = (ratio - low.ratio) / (high.ratio - low.ratio)
  return low.perByte + share * (high.perByte - low.perByte)
}
