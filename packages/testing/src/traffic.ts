import { expect } from 'vitest'

/** Bytes that differ by position and by salt. */
export function pattern(length: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = (salt * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Compares without the cost of a matcher per byte. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.byteLength).toBe(expected.byteLength)
  for (let i = 0; i < expected.byteLength; i++) {
    if (actual[i] !== expected[i]) {
      expect.fail(`byte ${i} of ${expected.byteLength} is ${actual[i]}, not ${expected[i]}`)
    }
  }
}

/** Turns of the event loop without progress after which a flow counts as blocked. */
const QUIET_TURNS = 60

/** Lets the next turn of the event loop come. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}

/**
 * Resolves when `progress` has not changed for a while: counted in turns, not in time.
 *
 * @param pause lets one turn pass
 */
export async function quiet(progress: () => number, pause: () => Promise<void>): Promise<void> {
  let last = progress()
  for (let turns = 0; turns < QUIET_TURNS; turns++) {
    await pause()
    if (progress() !== last) {
      last = progress()
      turns = 0
    }
  }
}
