/**
 * The averaging error of a grid of 512 peers in groups of 8 over nine rounds, as in
 * docs/grid.md: `node --conditions=source bench/grid.ts`, a few minutes.
 */
import { mixingTable } from '../test/grid-tables.ts'

const shape = { groupSize: 8, dimensions: 3, peers: 512, rounds: 9, seed: 1 }
console.log(await mixingTable(shape))
