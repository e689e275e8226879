import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from '../src/create-codec.ts'
import { createDeltaDecoder, createDeltaEncoder } from '../src/delta/delta.ts'
import { CodecError } from '../src/errors.ts'

const int8 = await createCodec('int8')
const float32 = await createCodec('float32')

/** Values that drift: large, and changing little. */
function walk(steps: number, length = 300): Float32Array[] {
  let values = Float32Array.from({ length }, (_, i) => 100 * Math.sin(i))
  return Array.from({ length: steps }, (_, step) => {
    values = values.map((value, i) => value + 0.01 * Math.sin(i * 3 + step))
    return values
  })
}

function worst(a: Float32Array, b: Float32Array): number {
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0)
}

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof CodecError) return String(error.code)
    throw error
  }
  return 'nothing'
}

describe('delta', () => {
  it('does not drift, and is closer than the codec by itself', () => {
    const encoder = createDeltaEncoder({ codec: int8 })
    const decoder = createDeltaDecoder({ codec: int8 })
    const all = walk(60)
    const alone = new Float32Array(300)
    for (const [step, values] of all.entries()) {
      const out = new Float32Array(300)
      const message = encoder.encode(values)
      expect(message.isKey).toBe(step === 0)
      decoder.decode(message.bytes, out).commit()
      message.commit()
      int8.decode(int8.encode(values), alone)
      if (step > 1) expect(worst(out, values)).toBeLessThan(worst(alone, values) / 20)
    }
  })

  it('goes on from what counted when something failed, at either end', () => {
    const encoder = createDeltaEncoder({ codec: int8 })
    const decoder = createDeltaDecoder({ codec: int8 })
    const [first, failed, next] = walk(3)
    const out = new Float32Array(300)
    const one = encoder.encode(first!)
    decoder.decode(one.bytes, out).commit()
    one.commit()
    const two = encoder.encode(failed!)
    decoder.decode(two.bytes, out).rollback()
    two.rollback()
    two.commit()
    const three = encoder.encode(next!)
    decoder.decode(three.bytes, out).commit()
    three.commit()
    expect(three.isKey).toBe(false)
    expect(worst(out, next!)).toBeLessThan(0.01)
    expect(decoder.version).not.toBe(0n)
  })

  it('is in step again after a missed message when the receiver says what it holds', () => {
    const encoder = createDeltaEncoder({ codec: int8 })
    const decoder = createDeltaDecoder({ codec: int8 })
    const [first, missed, third, fourth] = walk(4)
    const out = new Float32Array(300).fill(7)
    const one = encoder.encode(first!, { held: decoder.version })
    decoder.decode(one.bytes, out).commit()
    one.commit()
    encoder.encode(missed!).commit()
    const three = encoder.encode(third!)
    const before = out.slice()
    expect(codeOf(() => decoder.decode(three.bytes, out))).toBe('BASE_MISSING')
    expect(out).toEqual(before)
    three.rollback()
    const again = encoder.encode(third!, { held: decoder.version })
    expect(again.isKey).toBe(true)
    decoder.decode(again.bytes, out).commit()
    again.commit()
    const four = encoder.encode(fourth!, { held: decoder.version })
    expect(four.isKey).toBe(false)
    decoder.decode(four.bytes, out)
    expect(worst(out, fourth!)).toBeLessThan(0.01)
  })

  it('is in step again by itself after keyInterval messages', () => {
    const encoder = createDeltaEncoder({ codec: int8, keyInterval: 4 })
    const late = createDeltaDecoder({ codec: int8 })
    const out = new Float32Array(300)
    const seen = walk(10).map((values, step) => {
      const message = encoder.encode(values)
      message.commit()
      if (step < 2) return 'missed'
      return codeOf(() => late.decode(message.bytes, out).commit())
    })
    expect(seen).toEqual([
      ...['missed', 'missed', 'BASE_MISSING', 'BASE_MISSING'],
      ...Array.from({ length: 6 }, () => 'nothing')
    ])
    expect(() => createDeltaEncoder({ codec: int8, keyInterval: 0 })).toThrow(RangeError)
  })

  it('starts anew with values of another length, and of none', () => {
    const encoder = createDeltaEncoder({ codec: float32 })
    const decoder = createDeltaDecoder({ codec: float32 })
    for (const length of [3, 5, 0, 1]) {
      const values = new Float32Array(length).fill(length)
      const out = new Float32Array(length)
      const message = encoder.encode(values)
      expect(message.isKey).toBe(true)
      decoder.decode(message.bytes, out).commit()
      message.commit()
      expect(out).toEqual(values)
    }
  })

  it('versions a base as docs/codec-format.md has it', () => {
    const encoder = createDeltaEncoder({ codec: float32 })
    const decoder = createDeltaDecoder({ codec: float32 })
    const base = Float32Array.of(1, -2.5, 1e-40, 3e38)
    const message = encoder.encode(base)
    decoder.decode(message.bytes, new Float32Array(4)).commit()
    const word = (value: bigint): bigint => BigInt.asUintN(32, value)
    const mix = (value: bigint): bigint => {
      let x = word((value ^ (value >> 16n)) * 0x7feb352dn)
      x = word((x ^ (x >> 15n)) * 0x846ca68bn)
      return x ^ (x >> 16n)
    }
    let low = 0x811c9dc5n ^ 4n
    let high = 0x01d53c6fn
    for (const bits of new Uint32Array(base.buffer)) {
      const w = mix(BigInt(bits))
      low = word((low ^ w) * 0x01000193n)
      high = word((high ^ mix(w ^ 0x5bd1e995n)) * 0x01000193n)
    }
    expect(decoder.version).toBe(mix(high) * 2n ** 32n + mix(low))
  })

  it('gives bases that differ little or by their signs other versions', () => {
    const versions = new Set<bigint>()
    const decoder = createDeltaDecoder({ codec: float32 })
    const add = (base: Float32Array): void => {
      const { bytes } = createDeltaEncoder({ codec: float32 }).encode(base)
      decoder.decode(bytes, new Float32Array(base.length)).commit()
      versions.add(decoder.version)
    }
    const base = Float32Array.from({ length: 40 }, (_, i) => i + 1)
    add(base)
    add(base.map((value) => -value))
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j <= i; j++) {
        add(base.map((value, at) => (at === i || at === j ? -value : value)))
      }
    }
    for (let length = 0; length < 40; length++) add(new Float32Array(length))
    expect(versions.size).toBe(2 + (40 * 41) / 2 + 40)
  })

  it('refuses what it must not send, before and after there is a base', () => {
    const encoder = createDeltaEncoder({ codec: int8 })
    expect(codeOf(() => encoder.encode(Float32Array.of(Number.NaN)))).toBe('NON_FINITE')
    encoder.encode(Float32Array.of(1)).commit()
    expect(codeOf(() => encoder.encode(Float32Array.of(-Infinity)))).toBe('NON_FINITE')
  })

  it('sends values that are too far from the base for float32 as they are', () => {
    const encoder = createDeltaEncoder({ codec: float32 })
    const decoder = createDeltaDecoder({ codec: float32 })
    const keys = [3e38, -3e38, -3.4e38, 0, 3.4e38].map((value) => {
      const out = new Float32Array(1)
      const message = encoder.encode(Float32Array.of(value))
      decoder.decode(message.bytes, out).commit()
      message.commit()
      expect(out[0]).toBe(Math.fround(value))
      return message.isKey
    })
    expect(keys).toEqual([true, true, false, false, false])
  })

  it('is in step, and no further off than its codec, whatever is lost on the way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('fine', 'lost', 'failed', 'told', 'restarted'), {
          minLength: 1,
          maxLength: 60
        }),
        (fates) => {
          const encoder = createDeltaEncoder({ codec: int8, keyInterval: 8 })
          let decoder = createDeltaDecoder({ codec: int8 })
          const all = walk(fates.length + 8)
          let missed = 0
          for (const [step, values] of all.entries()) {
            const fate = fates[step] ?? 'fine'
            if (fate === 'restarted') decoder = createDeltaDecoder({ codec: int8 })
            const held = fate === 'told' ? decoder.version : undefined
            const message = encoder.encode(values, { held })
            const out = new Float32Array(300).fill(7)
            if (fate === 'failed') {
              message.rollback()
              continue
            }
            message.commit()
            if (fate === 'lost') continue
            const code = codeOf(() => decoder.decode(message.bytes, out).commit())
            if (code === 'nothing') {
              expect(worst(out, values)).toBeLessThan(1)
              missed = 0
            } else {
              // only who has missed something, and not for long
              expect(code).toBe('BASE_MISSING')
              expect(fate).not.toBe('told')
              expect(out.every((value) => value === 7)).toBe(true)
              missed++
            }
          }
          expect(missed).toBe(0)
        }
      )
    )
  })

  it('decodes or refuses whatever comes, and touches nothing when it refuses', () => {
    const encoder = createDeltaEncoder({ codec: int8 })
    const [first, second] = walk(2, 40)
    const one = encoder.encode(first!)
    one.commit()
    const two = encoder.encode(second!)
    fc.assert(
      fc.property(
        fc.constantFrom(one.bytes, two.bytes),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }),
        fc.nat(80),
        fc.boolean(),
        (bytes, changes, cut, cuts) => {
          const decoder = createDeltaDecoder({ codec: int8 })
          decoder.decode(one.bytes, new Float32Array(40)).commit()
          const hostile = bytes.slice(0, cuts ? cut : undefined)
          for (const [at, value] of changes) if (at < hostile.length) hostile[at] = value
          const out = new Float32Array(40).fill(9)
          const { version } = decoder
          const code = codeOf(() => decoder.decode(hostile, out))
          expect(['nothing', 'MALFORMED', 'LENGTH_MISMATCH', 'BASE_MISSING']).toContain(code)
          if (code !== 'nothing') expect(out.every((value) => value === 9)).toBe(true)
          expect(out.every((value) => Number.isFinite(value))).toBe(true)
          expect(decoder.version).toBe(version)
        }
      ),
      { numRuns: 2_000 }
    )
  })
})
