import type { TransportKind } from './transport-kind.ts'

/** What protects a connection. */
export interface EncryptionSuite {
  /** The id that was agreed on; `native` where the transport itself encrypts. */
  readonly protocol: string
  /** For people. */
  readonly name: string
  /** Whether it protects what is sent today from the quantum computers of tomorrow. */
  readonly postQuantum: boolean
}

/** Names of what libp2p negotiates: its specifications `noise`, `tls`, `plaintext`. */
const NEGOTIATED: ReadonlyMap<string, string> = new Map([
  ['/noise', 'Noise X25519'],
  ['/tls/1.0.0', 'TLS 1.3'],
  ['/plaintext/2.0.0', 'none']
])

/** What comes before the version in the ids of Noise with ML-KEM-768. */
const HYBRID_NOISE = '/noise-mlkem768-hfs/'

/** Transports that encrypt by themselves. */
const NATIVE: ReadonlyMap<TransportKind, string> = new Map([
  ['webrtc', 'DTLS'],
  ['webrtc-direct', 'DTLS'],
  ['webtransport', 'TLS 1.3 over QUIC']
])

/**
 * @param protocol what libp2p says of a connection; `undefined` if nothing
 */
export function encryptionSuite(
  protocol: string | undefined,
  transport: TransportKind
): EncryptionSuite {
  if (protocol?.startsWith(HYBRID_NOISE) === true) {
    return { protocol, name: 'Noise X25519 + ML-KEM-768', postQuantum: true }
  }
  if (protocol === undefined || protocol === 'native') {
    const name = NATIVE.get(transport) ?? 'none'
    return { protocol: 'native', name, postQuantum: false }
  }
  return { protocol, name: NEGOTIATED.get(protocol) ?? protocol, postQuantum: false }
}
