import type { PrivateKey } from '@libp2p/interface'
import type { TransportCertificate } from '@libp2p/webrtc'
import { p256 } from '@noble/curves/nist.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { der, derBits, derOid } from './der.ts'

/** What the key is for: another one comes of the same identity for anything else. */
const DERIVATION = new TextEncoder().encode('daa-compute/webrtc-direct/certificate/1')

/** Bytes for a secret key of P-256 without a bias that matters: FIPS 186-5, appendix A.2.1. */
const KEY_MATERIAL_LENGTH = 48

/** RFC 5480, section 2.1.1: 1.2.840.10045.2.1 (a public key on a curve), and P-256's number. */
const EC_PUBLIC_KEY = derOid('2a8648ce3d0201')
const P256 = derOid('2a8648ce3d030107')
/** RFC 5758, section 3.2: 1.2.840.10045.4.3.2. */
const ECDSA_WITH_SHA256 = der('sequence', derOid('2a8648ce3d040302'))
/** RFC 5280, appendix A: 2.5.4.3 and 2.5.29.19. */
const COMMON_NAME = derOid('550403')
const BASIC_CONSTRAINTS = derOid('551d13')

/** Says nothing of the node, because it is sent in the clear: what browsers write. */
const NAME = der('sequence', der('set', der('sequence', COMMON_NAME, der('utf8', 'WebRTC'))))

/** For ever (RFC 5280, section 4.1.2.5): who dials goes by the hash alone. */
const VALIDITY = der('sequence', der('utcTime', '700101000000Z'), der('time', '99991231235959Z'))

/** It signs no other certificates. */
const EXTENSIONS = der(
  'tagged3',
  der(
    'sequence',
    der(
      'sequence',
      BASIC_CONSTRAINTS,
      der('boolean', Uint8Array.of(0xff)),
      der('octets', der('sequence'))
    )
  )
)

/**
 * The certificate by which a node is dialled over WebRTC-direct, always the same for
 * the same identity: the address holds its hash, and so outlives a restart, without
 * a file beside the key, and without a date at which it changes.
 *
 * Its key comes of the node's by HKDF (RFC 5869), its signature is deterministic
 * (RFC 6979). Who learns the key of the certificate learns nothing of the identity and
 * cannot pass for the node: a Noise handshake over both ends' certificates follows.
 */
export function webRtcDirectCertificate({ raw }: PrivateKey): TransportCertificate {
  const material = hkdf(sha256, raw, undefined, DERIVATION, KEY_MATERIAL_LENGTH)
  const { secretKey, publicKey } = p256.keygen(material)
  const point = derBits(p256.Point.fromBytes(publicKey).toBytes(false))
  const algorithm = der('sequence', EC_PUBLIC_KEY, P256)

  const content = der(
    'sequence',
    der('tagged0', integer(2)), // version 3
    der('integer', serialNumber(publicKey)),
    ECDSA_WITH_SHA256,
    NAME,
    VALIDITY,
    NAME,
    der('sequence', algorithm, point),
    EXTENSIONS
  )
  const signature = p256.sign(content, secretKey, { format: 'der', lowS: false })
  const certificate = der('sequence', content, ECDSA_WITH_SHA256, derBits(signature))

  // RFC 5958, section 2, and RFC 5915, section 3
  const ecKey = der('sequence', integer(1), der('octets', secretKey), der('tagged1', point))
  const privateKey = der('sequence', integer(0), algorithm, der('octets', ecKey))
  return {
    pem: pem('CERTIFICATE', certificate),
    privateKey: pem('PRIVATE KEY', privateKey),
    certhash: certhash(certificate)
  }
}

function integer(value: number): Uint8Array {
  return der('integer', Uint8Array.of(value))
}

/** Positive, and of another key another one. */
function serialNumber(publicKey: Uint8Array): Uint8Array {
  const serial = sha256(publicKey).subarray(0, 16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial
}

/** A multihash of SHA-256 in multibase's base64url. */
function certhash(certificate: Uint8Array): string {
  const multihash = Buffer.from([0x12, 0x20, ...sha256(certificate)])
  return `u${multihash.toString('base64url')}`
}

/** RFC 7468. */
function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
