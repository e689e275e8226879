import type { TlsCertificate } from '../../src/index.ts'

// x509 wants its polyfill to be there first
await import('reflect-metadata')
const { SubjectAlternativeNameExtension, X509CertificateGenerator } = await import('@peculiar/x509')

/** A certificate for 127.0.0.1 that nobody but its key has signed. */
export async function selfSigned(): Promise<TlsCertificate> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify'
  ])
  const options = {
    name: 'CN=127.0.0.1',
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])]
  }
  // where WebRTC is loaded, x509 has another provider, which does not know these keys
  const certificate = await X509CertificateGenerator.createSelfSigned(options, crypto)
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  const base64 = Buffer.from(pkcs8).toString('base64')
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`
  }
}
