import type { Metrics, RefusalCode } from '@daa-compute/interface'

/** What became of an introduction; a refusal by which end, and why. */
export interface AdmissionMetrics {
  admitted(): void
  /** This peer does not let another one in. */
  refused(code: RefusalCode): void
  /** Another peer does not let this one in. */
  turnedAway(code: RefusalCode): void
  /** Members were thrown out: revoked or expired. */
  expelled(code: RefusalCode): void
  /** Introductions that others have begun and that are under way. */
  pending(count: number): void
}

/** @param metrics where to; nowhere if left out */
export function createAdmissionMetrics(metrics: Metrics | undefined): AdmissionMetrics {
  const decisions = metrics?.counter('daa_admission_decisions_total', {
    help: 'Peers let into a run or not, by outcome and cause'
  })
  const pending = metrics?.gauge('daa_admission_pending', {
    help: 'Introductions that other peers have begun and that are under way'
  })
  return {
    admitted: () => decisions?.add(1, { outcome: 'admitted', cause: 'none' }),
    refused: (cause) => decisions?.add(1, { outcome: 'refused', cause }),
    turnedAway: (cause) => decisions?.add(1, { outcome: 'turned_away', cause }),
    expelled: (cause) => decisions?.add(1, { outcome: 'expelled', cause }),
    pending: (count) => pending?.set(count)
  }
}
