import type { Libp2pOptions } from 'libp2p'
import { TransportError } from '../errors.ts'
import { eagerSelection } from './eager-selection.ts'
import { noiseEncrypter } from './noise-encrypter.ts'
import { CLASSICAL, HYBRID, type NoiseSuite } from './protocols.ts'
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

/** What each policy speaks, the preferred one first. */
const SUITES: ReadonlyMap<unknown, readonly NoiseSuite[]> = new Map([
  ['prefer', [HYBRID, CLASSICAL]],
  ['require', [HYBRID]],
  ['off', [CLASSICAL]]
])

/**
 * Encryption by Noise, hybrid post-quantum or classical.
 *
 * @throws TransportError `BAD_POST_QUANTUM`
 */
export function encryption({ postQuantum = 'prefer' }: EncryptionOptions = {}): Encryption {
  const suites = SUITES.get(postQuantum)
  if (suites === undefined) {
    throw new TransportError(
      'BAD_POST_QUANTUM',
      `postQuantum is 'prefer', 'require' or 'off', not ${JSON.stringify(postQuantum)}`,
      { value: postQuantum }
    )
  }
  const required = postQuantum === 'require'
  const offered = suites.map(({ protocol }) => protocol)
  const connectionEncrypters: Encryption['connectionEncrypters'] = suites.map((suite) =>
    noiseEncrypter({ suite, offered, secure: secureWithRecords })
  )
  if (required) connectionEncrypters.push(refuseClassical())
  return {
    connectionEncrypters,
    connectionProtector: eagerSelection({ refuseClassical: required })
  }
}
