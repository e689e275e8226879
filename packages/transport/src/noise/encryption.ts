import type { Libp2pOptions } from 'libp2p'
import { eagerSelection } from './eager-selection.ts'
import { noiseEncrypter, type SecureStream } from './noise-encrypter.ts'
import { CLASSICAL, HYBRID } from './protocols.ts'
import { refuseClassical } from './refuse-classical.ts'
import { secureWithRecords } from './records/secure-with-records.ts'

/**
 * Whether connections are to stay secret from who records them today and has a
 * quantum computer one day:
 *
 * - `prefer`: with every peer that can; the others get classical Noise
 * - `require`: peers that cannot are refused, with a {@link HandshakeError}
 * - `off`: classical Noise with all
 */
export type PostQuantum = 'prefer' | 'require' | 'off'

/** Options of every preset. */
export interface EncryptionOptions {
  /** Default: `prefer` */
  readonly postQuantum?: PostQuantum | undefined
}

/** The parts of libp2p's configuration that encryption is made of. */
export type Encryption = Required<
  Pick<Libp2pOptions, 'connectionEncrypters' | 'connectionProtector'>
>

/** Encryption by Noise, hybrid post-quantum or classical. */
export function encryption({ postQuantum = 'prefer' }: EncryptionOptions = {}): Encryption {
  const secure: SecureStream = secureWithRecords
  const connectionProtector = eagerSelection({ refuseClassical: postQuantum === 'require' })
  switch (postQuantum) {
    case 'off': {
      const offered = [CLASSICAL.protocol]
      return {
        connectionEncrypters: [noiseEncrypter({ suite: CLASSICAL, offered, secure })],
        connectionProtector
      }
    }
    case 'require': {
      const offered = [HYBRID.protocol]
      return {
        connectionEncrypters: [
          noiseEncrypter({ suite: HYBRID, offered, secure }),
          refuseClassical()
        ],
        connectionProtector
      }
    }
    case 'prefer': {
      const offered = [HYBRID.protocol, CLASSICAL.protocol]
      return {
        connectionEncrypters: [HYBRID, CLASSICAL].map((suite) =>
          noiseEncrypter({ suite, offered, secure })
        ),
        connectionProtector
      }
    }
  }
}
