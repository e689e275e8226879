import type { PeerId } from '@daa-compute/interface'
import type { PartialFrame } from '@daa-compute/wire'
import { ChannelError } from '../errors.ts'

/** @param limit longest frame, in bytes */
export function tooLarge(
  peer: PeerId,
  length: number,
  limit: number
): ChannelError<'FRAME_TOO_LARGE'> {
  return new ChannelError(
    'FRAME_TOO_LARGE',
    `a frame of ${length} bytes exceeds the limit of ${limit}; cut it up, or raise maxFrameLength at both ends`,
    { peer, length, limit }
  )
}

/** The remote has closed, and not between frames. */
export function truncated(
  peer: PeerId,
  { received, expected }: PartialFrame
): ChannelError<'TRUNCATED'> {
  return new ChannelError(
    'TRUNCATED',
    `${peer} closed inside a frame, ${received} of ${expected} bytes had come; it is faulty or speaks another protocol`,
    { peer, received, expected }
  )
}

/** This end has closed it. */
export function channelClosed(peer: PeerId, cause?: unknown): ChannelError<'CLOSED'> {
  return new ChannelError(
    'CLOSED',
    `the channel to ${peer} is closed; open another one`,
    { peer },
    cause === undefined ? undefined : { cause }
  )
}

/** The stream has ended otherwise than by a close. */
export function reset(peer: PeerId, cause?: unknown): ChannelError<'RESET'> {
  return new ChannelError(
    'RESET',
    `${peer}, or the connection to it, went away before the channel was closed; open another one`,
    { peer },
    cause === undefined ? undefined : { cause }
  )
}

export function concurrentReceive(peer: PeerId): ChannelError<'CONCURRENT_RECEIVE'> {
  return new ChannelError(
    'CONCURRENT_RECEIVE',
    'receive was called while an earlier call waits; await that one first',
    { peer }
  )
}
