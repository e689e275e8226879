import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link NodeError} and what each carries. */
export interface NodeErrorDetails {
  /** A field of the configuration cannot be used. */
  BAD_CONFIG: { readonly field: string; readonly value: unknown }
  /**
   * The configuration has a field that does not exist; `nearest` is what was probably
   * meant. Fields within others are written as `limits.maxConnections`.
   */
  UNKNOWN_FIELD: { readonly field: string; readonly nearest: string | undefined }
  /** The node was stopped; create another one. */
  STOPPED: Record<never, never>
  /** This node is in the run already; use that `Run`, or leave it first. */
  ALREADY_JOINED: { readonly run: string }
  /** Revocations and tokens are for runs that have an owner, and this one has none. */
  NO_OWNER: { readonly run: string }
  /**
   * Something of a configuration or call holds code, and cannot be handed to the thread
   * that the network is on; the message says what to give instead.
   */
  CANNOT_CROSS: { readonly field: string }
  /** Tensors of a replica have to be on shared memory where the network is on its own thread. */
  NOT_SHARED: { readonly tensor: string }
  /**
   * The thread that the network was on has ended unasked; `cause` says why, if it is
   * known. Create another node. Values on shared memory that were being reduced are
   * lost: this is the one error after which they may not be what they were.
   */
  THREAD_LOST: Record<never, never>
  /** `aggregatedGradient` was called without a `broadcastGradient` before it. */
  NO_GRADIENT: Record<never, never>
}

/** What a node itself throws; its parts throw errors of their own. */
export class NodeError<
  Code extends keyof NodeErrorDetails = keyof NodeErrorDetails
> extends DaaError<NodeErrorDetails, Code> {
  override readonly name: string = 'NodeError'
}
