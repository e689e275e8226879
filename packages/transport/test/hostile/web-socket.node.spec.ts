import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HTTP_TIMEOUT_MS, MAX_SILENT_SOCKETS } from '../../src/constants.ts'
import type { RefusalErrorDetails } from '../../src/index.ts'
import { webSocketPreset } from '../../src/index.ts'
import { garbage, HELLO, message, openSocket } from './raw-socket.ts'
import type { RawSocket } from './raw-socket.ts'
import { startVictim } from './victim.ts'
import type { Victim } from './victim.ts'
import { eventually } from '../support/eventually.ts'

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'

/** A binary frame of a client, masked with zeros (RFC 6455, section 5.2). */
function wrapped(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(parts)
  return Buffer.concat([
    Uint8Array.of(0x82, 0xff),
    ...[0, bytes.byteLength].map((half) => {
      const word = Buffer.alloc(4)
      word.writeUInt32BE(half)
      return word
    }),
    new Uint8Array(4),
    bytes
  ])
}

describe('a hostile dialler of WebSocket', () => {
  let victim: Victim
  const sockets: RawSocket[] = []

  async function attack(...parts: (Uint8Array | string)[]): Promise<RawSocket> {
    const socket = await openSocket(victim)
    sockets.push(socket)
    socket.send(...parts)
    return socket
  }

  const start = async (): Promise<void> => {
    const limits = { handshakeTimeoutMs: 1_000, maxHandshakeBytes: 32_768 }
    victim = await startVictim(limits, webSocketPreset, '/ip4/127.0.0.1/tcp/0/ws')
  }

  afterEach(async () => {
    vi.useRealTimers()
    for (const socket of sockets.splice(0)) socket.destroy()
    await victim.stop()
  })

  it.each([
    ['sends garbage', [wrapped(garbage(1000, 1))], 'HANDSHAKE_FAILED'],
    [
      'sends garbage for a message',
      [wrapped(...HELLO, message(garbage(20, 2)))],
      'HANDSHAKE_FAILED'
    ],
    ['sends too much', [wrapped(...HELLO, garbage(100_000, 3))], 'HANDSHAKE_TOO_LONG'],
    ['waits', [wrapped(...HELLO)], 'HANDSHAKE_TIMEOUT']
  ] as [string, Uint8Array[], keyof RefusalErrorDetails][])('%s', async (_, parts, reason) => {
    await start()
    const socket = await attack(UPGRADE, ...parts)
    await eventually(() => {
      expect(victim.metrics.value('daa_transport_handshakes') + victim.refusals.length).toBe(1)
    })
    await victim.serves()
    victim.clock.advance(1_000)
    await victim.refused(reason)
    await socket.ended
    await victim.serves()
  })

  it('never says that it speaks WebSocket', async () => {
    await start()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [silent, half] = [await attack(), await attack(UPGRADE.slice(0, 40))]
    const spoken = await attack(UPGRADE)
    await spoken.until(100)
    vi.advanceTimersByTime(HTTP_TIMEOUT_MS)
    vi.useRealTimers()
    await Promise.all([silent.ended, half.ended])
    expect(String(spoken.received)).toContain('101 Switching Protocols')
    expect(victim.refusals).toMatchObject([
      { code: 'HANDSHAKE_TIMEOUT', detail: { limitMs: HTTP_TIMEOUT_MS, received: 0 } },
      { code: 'HANDSHAKE_TIMEOUT', detail: { limitMs: HTTP_TIMEOUT_MS, received: 40 } }
    ])
    await victim.serves()
  })

  it('comes in a crowd that says nothing: the oldest gives way', async () => {
    await start()
    const first = await attack()
    const second = await attack()
    for (let i = 1; i < MAX_SILENT_SOCKETS; i++) await attack()
    await first.ended
    // one that speaks takes the place of another, for as long as it has not spoken
    await victim.serves()
    await second.ended
    const refusal = { code: 'TOO_MANY_HANDSHAKES', detail: { limit: MAX_SILENT_SOCKETS } }
    expect(victim.refusals).toMatchObject([refusal, refusal])
  })

  it.each([
    ['a frame that is not masked', Uint8Array.of(0x82, 3, 1, 2, 3)],
    ['a frame of no kind', Uint8Array.of(0x8f, 0x80, 0, 0, 0, 0)],
    ['a frame compressed though that was not agreed on', Uint8Array.of(0xc2, 0x80, 0, 0, 0, 0)],
    ['a text that is none', Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 0xff)]
  ])('sends %s', async (_, bytes) => {
    await start()
    const socket = await attack(UPGRADE, bytes)
    await socket.ended
    await victim.refused('HANDSHAKE_FAILED')
    expect(victim.metrics.value('daa_transport_handshakes')).toBe(0)
    await victim.serves()
  })

  it('announces a message that would take much memory', async () => {
    await start()
    // 64 MiB, of which nothing need come
    const header = Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0)
    const socket = await attack(UPGRADE, header)
    // by no clock: the one of the limits stands still
    await socket.ended
    await victim.refused('HANDSHAKE_FAILED')
    expect(victim.metrics.value('daa_transport_handshakes')).toBe(0)
    await victim.serves()
  })

  it('is silent, and speaks from another address with the same port', async () => {
    await start()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { host, port } = victim
    const silent = connect({ host, port, localAddress: '127.0.0.1' })
    const ended = Promise.race([once(silent, 'close'), once(silent, 'error')])
    await once(silent, 'connect')
    const { localPort } = silent
    const other = connect({ host, port, localAddress: '127.0.0.2', localPort })
    await once(other, 'connect')
    other.write(UPGRADE)
    await once(other, 'data')
    vi.advanceTimersByTime(HTTP_TIMEOUT_MS)
    vi.useRealTimers()
    await ended
    const address = `/ip4/127.0.0.1/tcp/${localPort}`
    expect(victim.refusals).toMatchObject([{ code: 'HANDSHAKE_TIMEOUT', detail: { address } }])
    other.destroy()
    await victim.serves()
  })
})
