import type { PeerId } from '@daa-compute/interface'
import { parsePeerId } from '@daa-compute/transport'
import { InvalidArgumentError } from 'commander'

export function parsePeer(text: string): PeerId {
  const peer = parsePeerId(text)
  if (peer === undefined) throw new InvalidArgumentError('A peer id begins with 12D3Koo.')
  return peer
}

export function parseDays(text: string): number {
  const days = Number(text)
  if (!(days > 0 && days <= 400)) throw new InvalidArgumentError('More than 0, at most 400 days.')
  return days
}

/** @returns ms since 1970 */
export function parseTime(text: string): number {
  const time = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time)) {
    throw new InvalidArgumentError('Write it as 2027-01-31 or 2027-01-31T12:00Z.')
  }
  return time
}
