import { DaaError, type PeerId } from '@daa-compute/interface'

/** Codes of a {@link ReplicaError} and what each carries. */
export interface ReplicaErrorDetails {
  /** Peers began together with different states. */
  STATE_DIVERGED: { readonly participants: readonly PeerId[] }
  /** The tensors hold no state: taking one over was broken off. The next step goes on with it. */
  NOT_WHOLE: { readonly cause: unknown }
  /** The state is whole, but it was not made what the others have, however often it was tried. */
  NOT_LEVEL: { readonly cause: unknown }
  /** A round that was missed resulted in other values than this peer brings; in bytes. */
  SHAPE_CHANGED: { readonly expected: number; readonly actual: number }
  /** The caller's own `apply` failed: the tensors may be half changed. */
  APPLY_FAILED: { readonly sequence: number; readonly cause: unknown }
  /** A tensor has a name that is taken. */
  NAME_TAKEN: { readonly name: string }
  /** It was stopped. */
  STOPPED: Record<never, never>
}

/** What is wrong with a replica. */
export class ReplicaError<
  Code extends keyof ReplicaErrorDetails = keyof ReplicaErrorDetails
> extends DaaError<ReplicaErrorDetails, Code> {
  override readonly name: string = 'ReplicaError'
}

/** The code of an error, whosever it is. */
export function codeOf(error: unknown): unknown {
  return error instanceof DaaError ? error.code : undefined
}

/** The lineage that whoever is told `BEHIND` is behind, as far as the error says. */
export function lineageOf(error: unknown): string | undefined {
  if (!(error instanceof DaaError) || error.code !== 'BEHIND') return undefined
  const { lineage } = error.detail as { readonly lineage?: unknown }
  return typeof lineage === 'string' && lineage !== '' ? lineage : undefined
}

/** Whether members differ in that some begin together, and others bring a step to a round. */
export function isAboutFounding(error: unknown): boolean {
  if (!(error instanceof DaaError) || error.code !== 'REQUEST_MISMATCH') return false
  const { field, ours, theirs } = error.detail as Readonly<Record<string, unknown>>
  return field === 'op' && [ours, theirs].includes('max')
}
