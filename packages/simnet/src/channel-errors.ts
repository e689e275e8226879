import type { PeerId } from '@daa-compute/interface'
import { SimChannelError } from './errors.ts'

export function closedError(peer: PeerId): Error {
  return new SimChannelError(
    'CLOSED',
    `the channel to ${peer} is closed: open another one to go on`,
    { peer }
  )
}

/** The other end is gone without a goodbye. */
export function resetError(peer: PeerId): Error {
  return new SimChannelError(
    'RESET',
    `the channel to ${peer} was aborted there, or ${peer} crashed: open another one`,
    { peer }
  )
}

/** The connection under the channel is gone; the other peer may live. */
export function lostError(peer: PeerId): Error {
  return new SimChannelError(
    'RESET',
    `the connection to ${peer} was lost: open another channel once ${peer} can be reached`,
    { peer }
  )
}

export function tooLargeError(peer: PeerId, length: number, limit: number): Error {
  return new SimChannelError(
    'FRAME_TOO_LARGE',
    `a frame of ${length} bytes is longer than the ${limit} the channel to ${peer} takes: cut it`,
    { peer, length, limit }
  )
}

/** The other end has broken the limit. */
export function oversizedError(peer: PeerId, length: number, limit: number): Error {
  return new SimChannelError(
    'FRAME_TOO_LARGE',
    `${peer} sent a frame of ${length} bytes, more than the ${limit} of the channel: do not trust it`,
    { peer, length, limit }
  )
}

export function concurrentError(peer: PeerId): Error {
  return new SimChannelError(
    'CONCURRENT_RECEIVE',
    `receive was called while another receive from ${peer} waits: await that one first`,
    { peer }
  )
}
