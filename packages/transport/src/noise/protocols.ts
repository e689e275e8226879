import { type Pattern, XX, XXhfs } from './handshake/patterns.ts'

/** An encryption of connections: its name on the wire and what its handshake is. */
export interface NoiseSuite {
  readonly protocol: string
  readonly pattern: Pattern
}

/** libp2p's Noise: https://github.com/libp2p/specs/blob/master/noise/README.md */
export const CLASSICAL: NoiseSuite = { protocol: '/noise', pattern: XX }

/** The same with ML-KEM-768 beside X25519: https://github.com/libp2p/specs/pull/727 */
export const HYBRID: NoiseSuite = { protocol: '/noise-mlkem768-hfs/0.2.0', pattern: XXhfs }
