import type {
  AbortOptions,
  Admission,
  Clock,
  Connector,
  Logger,
  Metrics,
  PeerId,
  Random
} from '@daa-compute/interface'
import { MAX_RUN_ID_LENGTH } from './constants.ts'
import { RunConnector } from './run-connector.ts'

/** What an {@link AdmittingConnector} is made of. */
export interface AdmittingConnectorInit {
  /** Carries the channels; it stays the caller's to stop. */
  readonly connector: Connector
  /** Name of the run, 1 to 256 bytes of UTF-8. */
  readonly run: string
  readonly admission: Admission
  /** Default: the system's */
  readonly clock?: Clock | undefined
  /** Draws the challenges, so it has to be cryptographic in production. Default: the system's */
  readonly random?: Random | undefined
  readonly metrics?: Metrics | undefined
  readonly logger?: Logger | undefined
}

/** A connector whose channels lead to peers that are in a run, and to no others. */
export interface AdmittingConnector extends Connector {
  /** The role a peer was let in with, while it is in. */
  roleOf(peer: PeerId): string | undefined

  /**
   * Shows this peer's credential, which has changed, to those who are in, so that it
   * may stay for longer. Peers that cannot be reached are left out.
   *
   * @param protocol one that all accept, and where nothing else is said
   */
  introduceAgain(protocol: string, options?: AbortOptions): Promise<void>

  /**
   * Opens and accepts no more, ends the introductions that are under way and aborts
   * the channels that are open. The connector below runs on. Idempotent.
   */
  stop(): Promise<void>
}

/**
 * Checks admission on every channel of a connector, at both ends, before anything
 * else is sent on it.
 *
 * The opener says who it is and what it asks, the other end answers, and no frame of
 * the caller's reaches the other's before both are satisfied. That takes a round trip
 * for the first channel of two peers, if credentials are asked for, and none for
 * further ones while one is open. Where nothing has to be waited for, `open` resolves
 * before the other end's verdict is here; a channel that is then refused fails with
 * `NOT_ADMITTED`.
 *
 * A peer is in as long as its admission lasts. Once that has expired or is revoked,
 * its channels are aborted.
 *
 * Both ends have to wrap their connectors for the same run.
 *
 * @throws {RangeError} for a run id that is empty or too long
 */
export function createAdmittingConnector(init: AdmittingConnectorInit): AdmittingConnector {
  const length = new TextEncoder().encode(init.run).length
  if (length === 0 || length > MAX_RUN_ID_LENGTH) {
    throw new RangeError(`a run id has 1 to ${MAX_RUN_ID_LENGTH} bytes, this one ${length}`)
  }
  return new RunConnector(init)
}
