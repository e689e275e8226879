import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startAllocationMeter, type AllocationMeter } from '../fuzz/allocation-meter.ts'
import { CODEC_NAMES } from '../fuzz/codec-names.ts'
import { createFuzzer, type Fuzzer } from '../fuzz/fuzzer.ts'
import { ENTROPY_FAMILIES } from '../src/entropy/families.ts'
import { VALUE_FAMILIES } from '../src/name/value-families.ts'

/** A slice of what `npm run fuzz` plays, in parts that say how far it came. */
const PARTS = 10
const CASES = 500

/** The same in every run, so that a failure is there again in the next one. */
const SEED = 20_260_101

describe('hostile bytes and names', () => {
  let meter: AllocationMeter
  let fuzzer: Fuzzer

  beforeAll(async () => {
    meter = startAllocationMeter()
    fuzzer = await createFuzzer({
      seed: SEED,
      meter,
      now: () => performance.now(),
      deadlineMs: 5000
    })
  })

  afterAll(() => meter.stop())

  it.each(Array.from({ length: PARTS }, (_, part) => part * CASES))(
    'are refused by type, or decoded to the right answer (cases from %i)',
    (first) => {
      expect(() => {
        for (let index = first; index < first + CASES; index++) fuzzer.play(index)
      }).not.toThrow()
    }
  )

  it('were of all kinds, and met both ends', () => {
    const { codec, stage, delta, name } = fuzzer.tally
    for (const { decoded, refused } of [codec, stage, delta, name]) {
      expect(decoded).toBeGreaterThan(20)
      expect(refused).toBeGreaterThan(20)
    }
  })
})

describe('the names that are fuzzed', () => {
  it.each(VALUE_FAMILIES.map(({ name }) => name))('include %s, with all behind it', (family) => {
    for (const { name } of ENTROPY_FAMILIES) {
      const both = CODEC_NAMES.filter(
        (codec) => codec.startsWith(family) && codec.includes(`+${name}`)
      )
      expect(both).not.toHaveLength(0)
    }
  })
})
