import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link RecordError} and what each carries; records are counted from 0. */
export interface RecordErrorDetails {
  /** A record was altered, left out, repeated or put in by somebody else. */
  NOT_AUTHENTIC: { readonly record: number }
  /** A record is announced that has no room for its tag, in bytes. */
  TOO_SHORT: { readonly record: number; readonly length: number }
  /** The connection ended within a record. */
  TRUNCATED: { readonly record: number }
}

/** Why an encrypted connection cannot go on. */
export class RecordError<
  Code extends keyof RecordErrorDetails = keyof RecordErrorDetails
> extends DaaError<RecordErrorDetails, Code> {
  override readonly name: string = 'RecordError'
}

export function notAuthentic(record: number, cause: unknown): RecordError<'NOT_AUTHENTIC'> {
  return new RecordError(
    'NOT_AUTHENTIC',
    `record ${record} of a connection is not what its remote has sent; somebody on the way alters or drops bytes, or the remote is faulty: connect anew`,
    { record },
    { cause }
  )
}

export function tooShort(record: number, length: number): RecordError<'TOO_SHORT'> {
  return new RecordError(
    'TOO_SHORT',
    `record ${record} of a connection is announced with ${length} bytes, less than its tag has; the remote is faulty or speaks another protocol`,
    { record, length }
  )
}

export function truncated(record: number): RecordError<'TRUNCATED'> {
  return new RecordError(
    'TRUNCATED',
    `a connection ended within record ${record}; the remote crashed, or somebody on the way cut it off: connect anew`,
    { record }
  )
}
