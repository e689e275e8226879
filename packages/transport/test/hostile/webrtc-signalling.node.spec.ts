import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it } from 'vitest'
import { mergePresets, relayPreset, tcpPreset, webRtcPreset } from '../../src/index.ts'
import { eventually } from '../support/eventually.ts'
import { startStock } from '../support/stock.ts'
import { garbage } from './raw-socket.ts'
import { startVictim } from './victim.ts'
import type { Victim } from './victim.ts'

const SIGNALLING = '/webrtc-signaling/0.0.1'

/** Kinds of messages (libp2p's specification of WebRTC): an offer, an answer, a way to be reached. */
const [OFFER, ANSWER, CANDIDATE] = [0, 1, 2]

/** A message of signalling: protobuf, with the kind in field 1 and a text in field 2. */
function signal(kind: number, text: string | Uint8Array, length?: number): Uint8Array {
  const bytes = Buffer.from(text)
  const header = [0x08, kind, 0x12, ...varint(length ?? bytes.byteLength)]
  return Buffer.concat([Uint8Array.from(header), bytes])
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]
}

/** An offer as Chromium makes it, with what is given in the place of what it would have. */
function offer(ufrag = 'abcd', pwd = 'a'.repeat(24), setup = 'actpass'): string {
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
  const lines = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0']
  lines.push('m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0')
  lines.push(`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`, `a=fingerprint:sha-256 ${fingerprint}`)
  lines.push(`a=setup:${setup}`, 'a=mid:0', 'a=sctp-port:5000', 'a=max-message-size:16384', '')
  return lines.join('\r\n')
}

const candidate = (text: string): Uint8Array =>
  signal(CANDIDATE, JSON.stringify({ candidate: text, sdpMid: '0', sdpMLineIndex: 0 }))

describe('a hostile dialler of WebRTC, who has to be introduced', () => {
  let victim: Victim
  let peer: Libp2p

  async function attack(): Promise<Stream> {
    const preset = (): ReturnType<typeof relayPreset> =>
      mergePresets(relayPreset(), tcpPreset(), webRtcPreset())
    victim = await startVictim({}, preset, '/ip4/127.0.0.1/tcp/0', '/webrtc')
    peer = await startStock([tcp()], [])
    return await peer.dialProtocol(victim.libp2p.getMultiaddrs(), SIGNALLING)
  }

  afterEach(async () => {
    await peer.stop()
    await victim.stop()
  })

  const good = signal(OFFER, offer())
  const cases: [string, Uint8Array[]][] = [
    ['garbage', [garbage(500, 1)]],
    ['an answer first', [signal(ANSWER, offer())]],
    ['an offer that is garbage', [signal(OFFER, garbage(2_000, 2))]],
    ['an empty offer', [signal(OFFER, '')]],
    ['half an offer', [signal(OFFER, offer().slice(0, 150))]],
    ['an offer whose length is false', [signal(OFFER, offer(), 0xff_ffff)]],
    ['an offer without a name', [signal(OFFER, offer('', ''))]],
    ['an offer with a name that is too long', [signal(OFFER, offer('x'.repeat(5_000)))]],
    ['an offer with a name that is none', [signal(OFFER, offer('a=b c\0', '\u{1f480}'))]],
    ['an offer with no role', [signal(OFFER, offer('abcd', 'a'.repeat(24), 'none'))]],
    ['a giant offer', [signal(OFFER, `${offer()}${'a=x:y\r\n'.repeat(100_000)}`)]],
    ['two offers', [good, good]],
    ['a candidate that is no JSON', [good, signal(CANDIDATE, '{')]],
    ['a candidate that is something else', [good, signal(CANDIDATE, '[1]')]],
    ['a candidate that is garbage', [good, candidate('candidate:\0\0 x y z')]],
    ['a candidate nowhere', [good, candidate('candidate:1 1 UDP 1 256.1.1.1 99999 typ host')]],
    [
      'thousands of candidates',
      [
        good,
        ...Array.from({ length: 3_000 }, (_, i) =>
          candidate(`candidate:${i} 1 UDP ${i + 1} 127.0.0.1 ${1024 + i} typ host`)
        )
      ]
    ]
  ]

  it.each(cases)('sends %s', async (_, messages) => {
    const stream = await attack()
    const signalling = lpStream(stream)
    const saying = (async () => {
      for (const message of messages) await signalling.write(message)
    })()
    await victim.serves()
    await saying.catch(() => {})
    stream.abort(new Error('that was all'))
    const connections = (): Connection[] => victim.libp2p.getConnections(peer.peerId)
    await eventually(() => {
      const names = connections().flatMap(({ streams }) => streams.map(({ protocol }) => protocol))
      expect(names).not.toContain(SIGNALLING)
    })
    await victim.serves()
    // that of the introduction, if it is not over; none that was never made
    expect(connections().map(({ multiplexer }) => multiplexer)).not.toContain('/webrtc')
  })
})
