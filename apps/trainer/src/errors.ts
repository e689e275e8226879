import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link TrainerError} and what each carries. */
export interface TrainerErrorDetails {
  /** A file of the data set is not what it should be. */
  BAD_DATA: { readonly file: string }
  /** There is no such shard. */
  BAD_SHARD: { readonly index: number; readonly count: number }
  /** A process of the launcher ended before its work was done. */
  CHILD_FAILED: { readonly child: string; readonly reason: string }
  /** The user or the launcher asked to stop. */
  INTERRUPTED: { readonly by: string }
}

/** What the trainer itself throws; errors of the network come as they are. */
export class TrainerError<
  Code extends keyof TrainerErrorDetails = keyof TrainerErrorDetails
> extends DaaError<TrainerErrorDetails, Code> {
  override readonly name = 'TrainerError'
}

/**
 * One readable line for a terminal: the name, the code where there is one, and
 * the message; a cause is told behind it.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const label = 'code' in error ? `${error.name} ${String(error.code)}` : error.name
  const cause = error.cause === undefined ? '' : ` (because: ${describeError(error.cause)})`
  return `${label}: ${error.message}${cause}`.replaceAll(/\s*\n\s*/g, ' ')
}
