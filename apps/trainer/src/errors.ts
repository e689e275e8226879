import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link TrainerError} and what each carries. */
export interface TrainerErrorDetails {
  /** A file of the data set is not what it should be. */
  BAD_DATA: { readonly file: string }
  /** There is no such shard. */
  BAD_SHARD: { readonly index: number; readonly count: number }
  /** A process of the launcher ended before its work was done. */
  CHILD_FAILED: {
    readonly child: string
    readonly reason: string
    /** Whether somebody stopped it, by SIGINT or SIGTERM. */
    readonly stopped: boolean
  }
  /** Of the flags about admission one is missing. */
  BAD_ADMISSION: { readonly missing: string }
  /** A file that a flag names cannot be read. */
  UNREADABLE: { readonly path: string }
  /** Too few peers are left, and none came back. */
  PEERS_GONE: { readonly here: number; readonly needed: number }
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
 * the message; causes are told behind it. A cause whose message is in what has
 * been told already is passed over.
 */
export function describeError(error: unknown): string {
  const told: string[] = []
  let at = error
  for (let depth = 0; depth === 0 || (at !== undefined && depth < MAX_DEPTH); depth++) {
    const message = oneLine(at instanceof Error ? at.message : String(at))
    if (!told.some((text) => text.includes(message))) {
      told.push(at instanceof Error ? `${labelOf(at)}: ${message}` : message)
    }
    at = at instanceof Error ? at.cause : undefined
  }
  return told.join(' (because: ') + ')'.repeat(Math.max(0, told.length - 1))
}

/** Errors of one chain that are looked at: nobody reads more, and causes may go in circles. */
const MAX_DEPTH = 8

function labelOf(error: Error): string {
  return 'code' in error ? `${error.name} ${String(error.code)}` : error.name
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ')
}
