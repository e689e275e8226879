import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createErrorFeedback } from '../src/feedback/error-feedback.ts'

/** Encodes by rounding to whole numbers, with error feedback. @returns what is sent */
function send(
  feedback: ReturnType<typeof createErrorFeedback>,
  given: Float32Array,
  end: 'commit' | 'rollback'
): Float32Array {
  const round = feedback.begin('', given.length)
  const values = given.slice()
  const half = given.length >> 1
  round.add(values.subarray(0, half), 0)
  round.add(values.subarray(half), half)
  const sent = values.map((value) => Math.round(value))
  round.keep(values.subarray(0, half), sent.subarray(0, half), 0, 1)
  round.keep(values.subarray(half), sent.subarray(half), half, 1)
  round[end]()
  return sent
}

const tensors = fc.array(
  fc.float32Array({ min: -8, max: 8, noNaN: true, minLength: 7, maxLength: 7 }),
  { minLength: 1, maxLength: 20 }
)

/** What is owed of a layout. */
function owed(feedback: ReturnType<typeof createErrorFeedback>, layout: string): number {
  const values = new Float32Array(1)
  feedback.begin(layout, 1).add(values, 0)
  return values[0] ?? Number.NaN
}

/** Makes a layout owe so much. */
function owe(feedback: ReturnType<typeof createErrorFeedback>, layout: string, lost: number): void {
  const round = feedback.begin(layout, 1)
  round.keep(Float32Array.of(lost), Float32Array.of(0), 0, 1)
  round.commit()
}

describe('createErrorFeedback', () => {
  it('sends everything in the end, less than half a step short', () => {
    fc.assert(
      fc.property(tensors, (rounds) => {
        const feedback = createErrorFeedback()
        const short = new Float64Array(7)
        for (const values of rounds) {
          const sent = send(feedback, values, 'commit')
          for (const [i, value] of values.entries()) short[i]! += value - sent[i]!
        }
        for (const value of short) expect(Math.abs(value)).toBeLessThan(0.5 + 1e-4)
      })
    )
  })

  it('gives the same bits whatever failed in between', () => {
    fc.assert(
      fc.property(
        tensors,
        fc.array(fc.nat(3), { minLength: 20, maxLength: 20 }),
        (rounds, fails) => {
          const steady = createErrorFeedback()
          const disturbed = createErrorFeedback()
          for (const [i, values] of rounds.entries()) {
            for (let fail = 0; fail < (fails[i] ?? 0); fail++) {
              send(disturbed, rounds[fail % rounds.length]!, 'rollback')
            }
            const sent = send(disturbed, values, 'commit')
            expect(sent).toEqual(send(steady, values, 'commit'))
          }
        }
      )
    )
  })

  it('counts only the latest try of a layout', () => {
    const feedback = createErrorFeedback()
    owe(feedback, 'a', 1)
    const first = feedback.begin('a', 1)
    first.keep(Float32Array.of(5), Float32Array.of(0), 0, 1)
    const second = feedback.begin('a', 1)
    first.keep(Float32Array.of(6), Float32Array.of(0), 0, 1)
    first.commit()
    expect(owed(feedback, 'a')).toBe(1)
    second.commit()
    first.rollback()
    expect(owed(feedback, 'a')).toBe(1)
  })

  it('keeps what a round encodes nothing of, and nothing that is not finite', () => {
    const feedback = createErrorFeedback()
    owe(feedback, 'a', 3)
    feedback.begin('a', 1).commit()
    expect(owed(feedback, 'a')).toBe(3)
    const round = feedback.begin('a', 1)
    round.keep(Float32Array.of(3e38), Float32Array.of(-3e38), 0, 1)
    round.commit()
    expect(owed(feedback, 'a')).toBe(0)
  })

  it('scales to the units of the caller', () => {
    const feedback = createErrorFeedback()
    const round = feedback.begin('a', 1)
    round.keep(Float32Array.of(7), Float32Array.of(5), 0, 0.5)
    round.commit()
    expect(owed(feedback, 'a')).toBe(1)
  })

  it('keeps layouts apart, forgets them when told, and when they are of another length', () => {
    const feedback = createErrorFeedback()
    for (const [i, layout] of ['a', 'b', 'c'].entries()) owe(feedback, layout, i + 1)
    expect(['a', 'b', 'c'].map((layout) => owed(feedback, layout))).toEqual([1, 2, 3])
    feedback.forget('b')
    expect(['a', 'b', 'c'].map((layout) => owed(feedback, layout))).toEqual([1, 0, 3])
    feedback.begin('c', 2)
    expect(['a', 'b', 'c'].map((layout) => owed(feedback, layout))).toEqual([1, 0, 0])
    feedback.forget()
    expect(['a', 'b', 'c'].map((layout) => owed(feedback, layout))).toEqual([0, 0, 0])
  })

  it('keeps the 16 layouts that were used last', () => {
    const feedback = createErrorFeedback()
    for (let i = 0; i < 16; i++) owe(feedback, `${i}`, 1)
    expect(owed(feedback, '0')).toBe(1)
    owe(feedback, 'one more', 1)
    expect(owed(feedback, '0')).toBe(1)
    expect(owed(feedback, '1')).toBe(0)
  })
})
