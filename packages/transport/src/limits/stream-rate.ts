import type { Clock, PeerId } from '@daa-compute/interface'
import type { Connection, Stream } from '@libp2p/interface'
import { RefusalError } from './errors.ts'
import type { TransportLimits } from './limits.ts'
import { createTokenBuckets } from './token-buckets.ts'

/** Options of {@link limitStreamRate}. */
export interface StreamRateInit {
  readonly connection: Connection
  readonly peer: PeerId
  readonly limits: Pick<TransportLimits, 'streamsPerSecond' | 'streamBurst'>
  readonly clock: Clock
  /** The connection has to go. */
  onTooFast(error: RefusalError): void
}

/** Where a multiplexer tells of the streams of its remote. */
interface Arrivals {
  onRemoteStream?(stream: Stream): void
}

/**
 * Ends a connection whose remote opens streams faster than it may.
 *
 * A limit on what is open does not see streams that are reset at once, and each
 * of those costs this end some 65 µs: a stream, a handler, an end. So they are
 * counted where every multiplexer of libp2p tells of them, before anything is done
 * for them: yamux of ours, another one's, or the data channels of WebRTC.
 */
export function limitStreamRate(init: StreamRateInit): void {
  const { connection, peer, limits, clock } = init
  const { muxer } = connection as Connection & { readonly muxer?: Arrivals }
  const { onRemoteStream } = muxer ?? {}
  if (muxer === undefined || onRemoteStream === undefined) return
  const { streamsPerSecond: perSecond, streamBurst: burst } = limits
  const bucket = createTokenBuckets({ perSecond, burst, capacity: 1, now: () => clock.now() })
  let error: RefusalError | undefined
  muxer.onRemoteStream = (stream): void => {
    if (error === undefined && bucket.take('')) return onRemoteStream.call(muxer, stream)
    if (error === undefined) {
      error = tooFast(peer, perSecond, burst)
      init.onTooFast(error)
    }
    // no list has it, so nobody else would end it
    stream.abort(error)
  }
}

function tooFast(peer: PeerId, perSecond: number, burst: number): RefusalError {
  return new RefusalError(
    'OPENING_TOO_FAST',
    `${peer} opens more than ${perSecond} streams a second, after ${burst} at once; it should keep them open, or streamsPerSecond or streamBurst be raised`,
    { peer, perSecond, burst }
  )
}
