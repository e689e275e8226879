import { asError, type Clock, type PeerId } from '@daa-compute/interface'
import { MAX_RECONNECT_MS } from '../constants.ts'
import { FIRST_RETRY_MS } from './constants.ts'

/** Keeps trying to reach the peers that are wanted. */
export interface Reconnector {
  /** Starts trying at once, unless it is already. */
  want(peer: PeerId): void
  /** There is news of a peer: what would have waited for its next try is tried at once. */
  hurry(peer: PeerId): void
  /** Stops trying. */
  forget(peer: PeerId): void
  stop(): void
  /** What the last try said, for each peer that could not be reached yet. */
  readonly failures: ReadonlyMap<PeerId, string>
}

/**
 * Tries again after {@link FIRST_RETRY_MS}, doubled with each failure.
 *
 * @param connect resolves when the peer is reached
 */
export function createReconnector(
  clock: Clock,
  connect: (peer: PeerId) => Promise<void>
): Reconnector {
  const failures = new Map<PeerId, string>()
  /** Cancels the pending retry; a peer in here is being tried or will be. */
  const wanted = new Map<PeerId, () => void>()
  /** Those of them that are not being tried at this moment. */
  const pausing = new Set<PeerId>()
  let stopped = false

  const attempt = (peer: PeerId, tries: number): void => {
    const cancelled = (): boolean => stopped || wanted.get(peer) !== cancel
    let cancelRetry = (): void => undefined
    const cancel = (): void => cancelRetry()
    wanted.set(peer, cancel)
    pausing.delete(peer)
    connect(peer).then(
      () => {
        failures.delete(peer)
        if (wanted.get(peer) === cancel) wanted.delete(peer)
      },
      (error: unknown) => {
        if (cancelled()) return
        failures.set(peer, asError(error).message)
        const pause = Math.min(MAX_RECONNECT_MS, FIRST_RETRY_MS * 2 ** tries)
        pausing.add(peer)
        cancelRetry = clock.schedule(pause, () => attempt(peer, tries + 1))
      }
    )
  }

  return {
    failures,
    want(peer) {
      if (!stopped && !wanted.has(peer)) attempt(peer, 0)
    },
    hurry(peer) {
      if (stopped || (wanted.has(peer) && !pausing.has(peer))) return
      wanted.get(peer)?.()
      attempt(peer, 0)
    },
    forget(peer) {
      wanted.get(peer)?.()
      wanted.delete(peer)
      pausing.delete(peer)
      failures.delete(peer)
    },
    stop() {
      stopped = true
      for (const cancel of wanted.values()) cancel()
      wanted.clear()
    }
  }
}
