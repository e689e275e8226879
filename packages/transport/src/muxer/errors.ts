import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link MuxerError} and what each carries. */
export interface MuxerErrorDetails {
  /** A frame of a version, or of a type, that there is not, or that is not for what it names. */
  BAD_FRAME: { readonly version: number; readonly type: number; readonly stream: number }
  /** More bytes on a stream than its window has room for. */
  WINDOW_EXCEEDED: { readonly stream: number; readonly length: number; readonly window: number }
  /** A window was raised beyond what can be. */
  WINDOW_OVERFLOW: { readonly stream: number }
  /** A stream was opened with a number that belongs to this end, or is taken. */
  BAD_STREAM: { readonly stream: number }
  /** An answer to a ping that was not sent. */
  BAD_PING: { readonly ping: number }
  /** The remote makes this end answer faster than it reads the answers. */
  NOT_READING: { readonly waiting: number; readonly limit: number }
  /** The remote has ended the session for a reason that is not polite. */
  GO_AWAY: { readonly reason: number }
}

/** Why the streams of a connection cannot go on. */
export class MuxerError<
  Code extends keyof MuxerErrorDetails = keyof MuxerErrorDetails
> extends DaaError<MuxerErrorDetails, Code> {
  override readonly name: string = 'MuxerError'
}

export function badStream(stream: number): MuxerError<'BAD_STREAM'> {
  return new MuxerError(
    'BAD_STREAM',
    `the remote opens stream ${stream}, which is this end's to open or is open; it is faulty`,
    { stream }
  )
}

/** @param window the most that any stream has room for */
export function noWindow(
  { stream, length }: { readonly stream: number; readonly length: number },
  window: number
): MuxerError<'WINDOW_EXCEEDED'> {
  return new MuxerError(
    'WINDOW_EXCEEDED',
    `${length} bytes are announced on stream ${stream}, which is over or never was; no window exceeds ${window}, so the remote is faulty`,
    { stream, length, window }
  )
}

export function goAway(reason: number): MuxerError<'GO_AWAY'> {
  return new MuxerError(
    'GO_AWAY',
    `the remote ends all streams of a connection for reason ${reason}; it has failed, or takes this end to be faulty`,
    { reason }
  )
}
