import { badParameter } from './parameters.ts'

/** Least and most that a link can be said to carry, in bits/s. */
const MIN_BANDWIDTH = 1e3
const MAX_BANDWIDTH = 1e12

/** 100 Mbit/s: a home's uplink by fibre, and of the order of most links over the internet. */
const DEFAULT_BANDWIDTH = '100M'

const SUFFIXES: readonly (readonly [string, number])[] = [
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
  ['', 1]
]

/** How a bandwidth is written, for messages. */
export const BANDWIDTH_FORM =
  'BANDWIDTH being the bits per second of the link, an integer of 1k to 1000G with k, M, G or nothing behind it'

/**
 * Checks a bandwidth and gives its canonical form, the one with the fewest digits.
 *
 * @throws {CodecError} `BAD_PARAMETER`
 */
export function parseBandwidth(parameter: string | undefined, codecName: string): string {
  if (parameter === undefined) return DEFAULT_BANDWIDTH
  const bandwidth = bitsPerSecond(parameter)
  for (const [suffix, unit] of SUFFIXES) {
    if (bandwidth % unit === 0) return `${bandwidth / unit}${suffix}`
  }
  throw badParameter(`the parameter of auto is a ${BANDWIDTH_FORM}`, parameter, codecName)
}

/** @returns NaN for what is no bandwidth, or none between the least and the most */
export function bitsPerSecond(text: string): number {
  const match = /^([1-9]\d{0,12})([kMG]?)$/.exec(text)
  if (match === null) return Number.NaN
  const unit = SUFFIXES.find(([suffix]) => suffix === match[2])?.[1] ?? Number.NaN
  const bandwidth = Number(match[1]) * unit
  return bandwidth >= MIN_BANDWIDTH && bandwidth <= MAX_BANDWIDTH ? bandwidth : Number.NaN
}
