import { describe, expect, it } from 'vitest'

import { pairedRatio, quantile, summarize } from '../src/statistics.ts'

describe('quantile', () => {
  it('is a sample where it falls on one, and between two else', () => {
    expect(quantile([10], 0.25)).toBe(10)
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2)
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
    // R: quantile(c(1, 2, 3, 4), 0.25, type = 7)
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75)
    expect(quantile([1, 2, 3, 4], 0)).toBe(1)
    expect(quantile([1, 2, 3, 4], 1)).toBe(4)
  })

  it('of nothing is an error', () => {
    expect(() => quantile([], 0.5)).toThrow('there are no samples')
  })
})

describe('summarize', () => {
  it('does not depend on the order, and sorts as numbers', () => {
    const samples = [100, 9, 30, 20, 1]
    expect(summarize(samples)).toEqual({ min: 1, p25: 9, median: 20, p75: 30, max: 100 })
    expect(samples).toEqual([100, 9, 30, 20, 1])
  })

  it('keeps an outlier out of the median', () => {
    expect(summarize([1, 1, 1, 1, 1e9]).median).toBe(1)
  })
})

describe('pairedRatio', () => {
  it('cancels what slows down both of a pair', () => {
    const reference = [10, 10, 1, 1, 1]
    const twice = reference.map((value) => value * 2)
    expect(pairedRatio(twice, reference)).toBe(2)
  })

  it('is not the ratio of medians', () => {
    // ratios 2, 4, 1
    expect(pairedRatio([2, 4, 6], [1, 1, 6])).toBe(2)
    expect(summarize([2, 4, 6]).median / summarize([1, 1, 6]).median).toBe(4)
  })

  it('needs pairs', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('have no pairs')
  })
})
