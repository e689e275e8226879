import type { Cost } from './cost.ts'

/*
 * Measured on tiles of 1 MiB of int8 codes and of float32 values, dense, with more and
 * more zeros among them, and all zeros, on one core of an x86-64 server in Node.js 24:
 * medians, smoothed. What counts is how they compare to each other and to a link, and
 * that changes less from machine to machine than the speeds themselves.
 */

/** Half-way between native zstd and WebAssembly, of which either may be at either end. */
export const ZSTD_COST: Cost = {
  perTile: 50_000,
  points: [
    { ratio: 0, perByte: 0.5 },
    { ratio: 0.02, perByte: 0.6 },
    { ratio: 0.08, perByte: 2.4 },
    { ratio: 0.2, perByte: 3.8 },
    { ratio: 0.35, perByte: 5 },
    { ratio: 0.6, perByte: 4.4 },
    { ratio: 0.8, perByte: 2.8 },
    { ratio: 0.95, perByte: 2.8 },
    { ratio: 1, perByte: 0.8 }
  ]
}

export const LZ4_COST: Cost = {
  perTile: 5000,
  points: [
    { ratio: 0, perByte: 1 },
    { ratio: 0.05, perByte: 1.1 },
    { ratio: 0.15, perByte: 2.1 },
    { ratio: 0.35, perByte: 3.4 },
    { ratio: 0.55, perByte: 4.6 },
    { ratio: 0.9, perByte: 3.7 },
    { ratio: 1, perByte: 0.6 }
  ]
}

export const SNAPPY_COST: Cost = {
  perTile: 5000,
  points: [
    { ratio: 0.05, perByte: 0.7 },
    { ratio: 0.08, perByte: 1.1 },
    { ratio: 0.2, perByte: 1.8 },
    { ratio: 0.33, perByte: 3 },
    { ratio: 0.5, perByte: 4.6 },
    { ratio: 0.9, perByte: 3.7 },
    { ratio: 1, perByte: 0.7 }
  ]
}
