import { identify } from '@libp2p/identify'
import type { EncryptionOptions } from '../noise/encryption.ts'
import { base, type ServicePreset } from './base.ts'
import { ownRelays } from './own-relays.ts'

/**
 * Circuit relay, version 2, as a client: dials peers through a relay
 * (`…/p2p/<relay>/p2p-circuit/p2p/<peer>`), and has a relay pass others on to
 * this node, if it listens on `…/p2p/<relay>/p2p-circuit`, or on `/p2p-circuit`
 * for one of those that it has dialled: who connects of itself is not asked.
 *
 * Relays limit what they carry, by default to 128 KiB and two minutes. It is the
 * way to a direct connection, not one for gradients.
 */
export function relayPreset(options?: EncryptionOptions): ServicePreset {
  return {
    ...base(options),
    transports: [ownRelays()],
    services: { identify: identify() }
  }
}
