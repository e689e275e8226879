import { spawn } from 'node:child_process'
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { edgePreset } from '../../src/index.ts'
import { webRtcDirectCertificate } from '../../src/webrtc/certificate.ts'
import { ECHO, exchange } from '../support/echo.ts'

describe('the certificate of WebRTC-direct', () => {
  it('is one that OpenSSL takes, signed by its own key, and valid for ever', async () => {
    const { pem, privateKey, certhash } = webRtcDirectCertificate(await generateKeyPair('Ed25519'))
    const certificate = new X509Certificate(pem)
    const key = createPrivateKey(privateKey)
    expect(key.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
    expect(certificate.checkPrivateKey(key)).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate).toMatchObject({ ca: false, subject: 'CN=WebRTC', issuer: 'CN=WebRTC' })
    expect(certificate.validFromDate.getTime()).toBe(0)
    expect(certificate.validToDate.getUTCFullYear()).toBe(9999)
    const digest = createHash('sha256').update(certificate.raw).digest()
    const multihash = Buffer.concat([Uint8Array.of(0x12, 0x20), digest])
    expect(certhash).toBe(`u${multihash.toString('base64url')}`)
  })

  it('is the same for the same identity in every release, as addresses depend on it', async () => {
    const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7))
    expect(webRtcDirectCertificate(key).certhash).toMatchInlineSnapshot(
      `"uEiAYawjFHYVlzVFLa2PMC2iX5cul71O0FysNs5I3-TjBhQ"`
    )
  })

  it.each(['Ed25519', 'secp256k1', 'ECDSA'] as const)(
    'of keys of %s, differs from one to the other',
    async (type) => {
      const keys = await Promise.all([generateKeyPair(type), generateKeyPair(type)])
      const certificates = keys.map((key) => new X509Certificate(webRtcDirectCertificate(key).pem))
      expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(2)
      expect(new Set(certificates.map(({ fingerprint256 }) => fingerprint256)).size).toBe(2)
    }
  )
})

describe('an address of WebRTC-direct', () => {
  const ours = '01'.repeat(32)
  const anyPort = '/ip4/127.0.0.1/udp/0/webrtc-direct'
  let dialler: Libp2p
  const peers: Peer[] = []

  beforeEach(async () => {
    dialler = await createLibp2p({ ...edgePreset(), addresses: { listen: [] } })
  })
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.stop()))
    await dialler.stop()
  })

  async function start(seed: string, address: string): Promise<Peer> {
    const peer = await startPeer(seed, address)
    peers.push(peer)
    return peer
  }

  it('outlives a restart', async () => {
    const before = await start(ours, anyPort)
    expect(before.address).toContain('/certhash/')
    await before.stop()
    const after = await start(ours, placeOf(before))
    expect(after.address).toBe(before.address)
    const connection = await dialler.dial(multiaddr(before.address))
    const bytes = Uint8Array.of(1, 2, 3)
    expect(await exchange(await connection.newStream(ECHO), bytes)).toEqual(bytes)
  })

  it('is not that of another identity at the same port', async () => {
    const before = await start(ours, anyPort)
    await before.stop()
    const impostor = await start('02'.repeat(32), placeOf(before))
    expect(impostor.address).not.toBe(before.address)
    await expect(dialler.dial(multiaddr(before.address))).rejects.toBeInstanceOf(Error)
    expect(dialler.getConnections()).toEqual([])
    await dialler.dial(multiaddr(impostor.address))
  })
})

/** A node in a process of its own. */
interface Peer {
  readonly address: string
  stop(): Promise<void>
}

async function startPeer(seed: string, address: string): Promise<Peer> {
  const program = fileURLToPath(new URL('../support/webrtc-direct-peer.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', program, seed, address], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = once(child, 'exit')
  const { done, value } = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the peer ended; it says above why')
  const [own = ''] = JSON.parse(value) as string[]
  return {
    address: own,
    async stop() {
      child.stdin.end()
      await ended
    }
  }
}

/** Where a peer listened, to be listened on again. */
function placeOf({ address }: Peer): string {
  return address.replace(/\/certhash\/.*/, '')
}
