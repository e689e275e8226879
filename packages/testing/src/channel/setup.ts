import type { Channel } from '@daa-compute/interface'

/** Two ends of one channel, fresh, and how to take them and all below them down. */
export interface ChannelPair {
  readonly near: Channel
  readonly far: Channel
  dispose(): Promise<void>
}

/** What the suite needs to know of an implementation of `Channel`. */
export interface ChannelConformanceSetup {
  /** Makes a pair; called once per test. */
  connect(): Promise<ChannelPair>
  /**
   * Awaits work on the implementation: where time is virtual, moves it forward
   * meanwhile. Default: awaits.
   */
  drive?<T>(work: Promise<T>): Promise<T>
  /**
   * Lets a little time pass in which the implementation can get on with its work; awaited inside
   * of `drive`. Default: a turn of the event loop, which is nothing where time is virtual.
   */
  pause?(): Promise<void>
  /**
   * What a paused reader may hold up at most, in bytes, on the whole way.
   *
   * @default 32 MiB
   */
  readonly maxInFlight?: number
}

export const MIB: number = 2 ** 20

/** What the tests of one channel work with. */
export interface ChannelStage {
  /** A fresh pair for this test. */
  connect(): Promise<{ readonly near: Channel; readonly far: Channel }>
  drive<T>(work: Promise<T>): Promise<T>
  pause(): Promise<void>
  readonly maxInFlight: number
}

/** Receives one frame and copies it out of the channel's memory. */
export async function take(channel: Channel): Promise<Uint8Array> {
  const frame = await channel.receive()
  if (frame === undefined) throw new Error('the channel ended, a frame was expected')
  return frame.slice()
}
