import { connect } from 'node:net'
import { platform } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import type { RefusalErrorDetails, TransportLimits } from '../../src/index.ts'
import { garbage, HELLO, HYBRID, line, message, openSocket } from './raw-socket.ts'
import type { RawSocket } from './raw-socket.ts'
import { startVictim } from './victim.ts'
import type { Victim } from './victim.ts'
import { eventually } from '../support/eventually.ts'

describe('a hostile dialler, before it is connected', () => {
  let victim: Victim
  const sockets: RawSocket[] = []

  async function attack(from?: string): Promise<RawSocket> {
    const socket = await openSocket(victim, from)
    sockets.push(socket)
    return socket
  }

  const begun = (): number => victim.metrics.value('daa_transport_handshakes')

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await victim.stop()
  })

  const mss = '/multistream/1.0.0'
  const cases: [string, (Uint8Array | string)[], keyof RefusalErrorDetails][] = [
    ['sends garbage', [garbage(1000, 1)], 'HANDSHAKE_FAILED'],
    ['sends other garbage', [garbage(10, 2)], 'HANDSHAKE_FAILED'],
    [
      'speaks HTTP',
      [`GET / HTTP/1.1\r\nHost: example.org\r\nAccept: ${'*/*, '.repeat(20)}\r\n\r\n`],
      'HANDSHAKE_FAILED'
    ],
    [
      'speaks TLS',
      [Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...garbage(500, 10))],
      'HANDSHAKE_FAILED'
    ],
    ['announces a line of 256 MiB', [Uint8Array.of(0xff, 0xff, 0xff, 0x7f)], 'HANDSHAKE_FAILED'],
    [
      'announces a length that never ends',
      [new Uint8Array(40_000).fill(0xff)],
      'HANDSHAKE_TOO_LONG'
    ],
    ['sends an empty line', [Uint8Array.of(0)], 'HANDSHAKE_FAILED'],
    ['sends a line without an end', [Uint8Array.of(3, 65, 66, 67)], 'HANDSHAKE_FAILED'],
    ['sends garbage for a first message', [...HELLO, message(garbage(20, 3))], 'HANDSHAKE_FAILED'],
    ['sends an empty first message', [...HELLO, message(new Uint8Array())], 'HANDSHAKE_FAILED'],
    [
      'sends garbage for a key that is post-quantum',
      [...HYBRID, message(garbage(1_216, 11))],
      'HANDSHAKE_FAILED'
    ],
    [
      'sends half a key that is post-quantum',
      [...HYBRID, message(garbage(600, 12))],
      'HANDSHAKE_FAILED'
    ],
    ['sends the zero key', [...HELLO, message(new Uint8Array(32))], 'HANDSHAKE_FAILED'],
    [
      'sends garbage for a last message',
      [...HELLO, message(garbage(32, 4)), message(garbage(200, 5))],
      'HANDSHAKE_FAILED'
    ],
    [
      'sends a last message of 64 KiB',
      [...HELLO, message(garbage(32, 4)), message(garbage(65_535, 6))],
      'HANDSHAKE_TOO_LONG'
    ],
    [
      'asks for what is there, for ever',
      [line(mss), ...Array<Uint8Array>(20_000).fill(line('ls'))],
      'HANDSHAKE_TOO_LONG'
    ],
    [
      'offers one protocol after the other',
      [line(mss), ...Array<Uint8Array>(10_000).fill(line('/x/1'))],
      'HANDSHAKE_TOO_LONG'
    ],
    ['sends a megabyte of garbage', [...HELLO, garbage(2 ** 20, 7)], 'HANDSHAKE_TOO_LONG']
  ]

  it.each(cases)('%s', async (_, parts, reason) => {
    victim = await startVictim({ maxHandshakeBytes: 32_768 })
    const socket = await attack()
    socket.send(...parts)
    await victim.serves()
    await socket.ended
    await victim.refused(reason)
    await victim.serves()
    expect(begun()).toBe(0)
  })

  it.each([
    ['at once', []],
    ['inside a line', [Uint8Array.of(19, 47)]],
    ['after the lines', HELLO],
    ['inside the first message', [...HELLO, message(garbage(10, 8), 32)]]
  ])('leaves %s', async (_, parts) => {
    victim = await startVictim()
    const socket = await attack()
    socket.send(...parts)
    socket.end()
    await victim.refused('HANDSHAKE_FAILED')
    await victim.serves()
    expect(begun()).toBe(0)
  })

  it.each([
    ['nothing', []],
    ['half a line', [Uint8Array.of(19, 47)]],
    ['its protocol, and nothing else', HELLO],
    ['half a message', [...HELLO, message(garbage(10, 9), 32)]],
    ['a first message, and nothing else', [...HELLO, message(garbage(32, 9))]]
  ])('sends %s, and waits', async (_, parts) => {
    victim = await startVictim({ handshakeTimeoutMs: 1_000 })
    const socket = await attack()
    socket.send(...parts)
    await eventually(() => expect(begun()).toBe(1))
    await victim.serves()
    victim.clock.advance(1_000)
    await socket.ended
    await victim.refused('HANDSHAKE_TIMEOUT')
    await victim.serves()
  })

  it('sends byte by byte, as slowly as it may', async () => {
    victim = await startVictim({ handshakeTimeoutMs: 1_000 })
    const socket = await attack()
    await eventually(() => expect(begun()).toBe(1))
    for (const byte of line(mss)) {
      socket.send(Uint8Array.of(byte))
      // each is on its way, and time with it
      await new Promise(setImmediate)
      victim.clock.advance(10)
    }
    await socket.until(20)
    await victim.serves()
    expect(begun()).toBe(1)
    victim.clock.advance(1_000)
    await socket.ended
    await victim.refused('HANDSHAKE_TIMEOUT')
  })

  it('connects and waits a hundred times, with what is left for others', async () => {
    const limits: Partial<TransportLimits> = { maxHandshakes: 30, handshakeTimeoutMs: 1_000 }
    victim = await startVictim({ ...limits, maxHandshakesPerAddress: 29 })
    for (let i = 0; i < 29; i++) await attack()
    await eventually(() => expect(begun()).toBe(29))
    for (let i = 0; i < 71; i++) await attack()
    await victim.refused('TOO_MANY_HANDSHAKES', 71)
    victim.clock.advance(1_000)
    await Promise.all(sockets.map(({ ended }) => ended))
    expect(begun()).toBe(0)
    await victim.serves()
  })

  it.skipIf(platform() !== 'linux')('of one address takes nothing from another', async () => {
    victim = await startVictim({
      maxHandshakesPerAddress: 5,
      connectionBurst: 50,
      connectionsPerSecond: 1
    })
    for (let i = 0; i < 200; i++) await attack('127.0.0.2')
    await eventually(() => expect(victim.refusals).toHaveLength(195))
    expect(new Set(victim.refusals.map(({ code }) => code))).toEqual(
      new Set(['TOO_MANY_HANDSHAKES', 'CONNECTING_TOO_FAST'])
    )
    await victim.serves()
  })

  it('connects and leaves faster than it may', async () => {
    victim = await startVictim({ connectionBurst: 20, connectionsPerSecond: 10 })
    for (let i = 0; i < 40; i++) (await attack()).destroy()
    await eventually(() => {
      const of = (reason: string): number =>
        victim.metrics.value('daa_transport_refused_total', `reason=${reason}`)
      expect([of('HANDSHAKE_FAILED'), of('CONNECTING_TOO_FAST')]).toEqual([20, 20])
    })
    victim.clock.advance(1_000)
    await victim.serves()
  })

  it('resets its connection in the same moment', async () => {
    victim = await startVictim()
    for (let i = 0; i < 20; i++) {
      const socket = connect(victim.port, victim.host)
      await new Promise((resolve) => socket.once('connect', resolve))
      socket.resetAndDestroy()
    }
    await victim.serves()
    await eventually(() => {
      expect(begun()).toBe(0)
      expect(victim.libp2p.getConnections()).toHaveLength(0)
    })
  })
})
