import { roundUp } from '../arena.ts'
import type { Loops } from './loops.ts'

/** Values per piece that is copied in and out: it has to stay in the second level cache. */
export const TILE_LENGTH: number = 1 << 14

/** The granularity of WebAssembly memory. */
const PAGE_LENGTH = 65_536

/** The first page holds the constants of the loops. */
const FIRST_SLOT = PAGE_LENGTH

/** Room for the largest thing that a tile comes to: index and magnitude of every value. */
const SLOT_LENGTH = 8 * TILE_LENGTH

const SLOTS = 3

/**
 * Where resident arrays begin. In front of them is what the tiles of arrays from
 * elsewhere go through; it costs address space, and memory once it is used.
 */
export const RESIDENT_START: number = roundUp(FIRST_SLOT + SLOTS * SLOT_LENGTH)

/** A place for one tile. */
export interface Slot {
  readonly pointer: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * The loops with a memory of their own.
 *
 * That memory never grows: growing would detach every array over it. So each
 * piece that is allocated has its own engine, which its arrays keep alive.
 */
export interface Engine {
  readonly loops: Loops
  readonly buffer: ArrayBuffer
  readonly slots: readonly [Slot, Slot, Slot]
}

/**
 * @param byteLength for resident arrays
 * @throws {RangeError} when there is no memory, or no address space, for as much
 */
export function createEngine(module: WebAssembly.Module, byteLength: number): Engine {
  const pages = Math.ceil((RESIDENT_START + byteLength) / PAGE_LENGTH)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  const { buffer } = memory
  const slot = (index: number): Slot => {
    const pointer = FIRST_SLOT + index * SLOT_LENGTH
    return { pointer, bytes: new Uint8Array(buffer, pointer, SLOT_LENGTH) }
  }
  return {
    loops: instance.exports as unknown as Loops,
    buffer,
    slots: [slot(0), slot(1), slot(2)]
  }
}
