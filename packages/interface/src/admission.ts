import type { AbortOptions } from './abort.ts'
import type { PeerId } from './peer-id.ts'

/** Whether a peer may take part in a run, and if not, what it is told. */
export type AdmissionDecision =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: string }

/** Decides who may take part in a run. */
export interface Admission {
  /**
   * @param credential what the peer presented, empty if nothing; hostile
   */
  admit(
    runId: string,
    peer: PeerId,
    credential: Uint8Array,
    options?: AbortOptions
  ): Promise<AdmissionDecision>
}
