import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { tcpPreset } from '../../src/index.ts'
import type { RefusalErrorDetails } from '../../src/index.ts'
import { startGuarded } from '../support/guarded.ts'
import type { GuardedNode } from '../support/guarded.ts'
import { garbage, message, openSocket } from './raw-socket.ts'
import { startProxy } from './tampering-proxy.ts'
import type { Piece, Tamper, TamperingProxy } from './tampering-proxy.ts'
import { startVictim } from './victim.ts'
import type { Victim } from './victim.ts'
import { eventually } from '../support/eventually.ts'

/** Messages of a dialler's handshake; what follows are records. */
const HANDSHAKE = 2

describe('somebody on the way', () => {
  let victim: Victim
  let dialler: GuardedNode
  let proxy: TamperingProxy

  afterEach(async () => {
    await dialler.stop()
    await proxy.stop()
    await victim.stop()
  })

  async function dialThrough(tamper: Tamper): Promise<void> {
    victim = await startVictim()
    proxy = await startProxy(victim.port, tamper)
    dialler = await startGuarded({ preset: tcpPreset() })
    const address = multiaddr(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${victim.connector.self}`)
    // it may not even notice that it was cut off while it connects
    const dialling = dialler.libp2p.dial(address).catch(() => {})
    await eventually(() => {
      expect(victim.refusals.length + victim.libp2p.getConnections().length).toBe(1)
    })
    await dialling
    const [connection] = dialler.libp2p.getConnections()
    connection?.newStream('/test/echo/1').catch(() => {})
  }

  const flip = ({ bytes }: Piece, at: number): Uint8Array[] => {
    const other = Uint8Array.from(bytes)
    other[(at + other.length) % other.length]! ^= 1
    return [other]
  }

  /** Does something to one message and passes on the rest. */
  const at =
    (index: number, act: (piece: Piece) => readonly Uint8Array[] | 'end'): Tamper =>
    (piece) =>
      piece.kind === 'message' && piece.index === index ? act(piece) : [piece.bytes]

  /** Does something to one record, once the victim has the connection open, and passes on the rest. */
  const later = (act: (piece: Piece) => readonly Uint8Array[] | 'end'): Tamper => {
    let acted = false
    return (piece) => {
      if (acted || piece.kind === 'line' || piece.index < HANDSHAKE) return [piece.bytes]
      acted = victim.libp2p.getConnections().length > 0
      return acted ? act(piece) : [piece.bytes]
    }
  }

  const cases: [string, Tamper, keyof RefusalErrorDetails][] = [
    ['flips a bit of the first message', at(0, (piece) => flip(piece, 2)), 'HANDSHAKE_FAILED'],
    ['flips a bit of the last message', at(1, (piece) => flip(piece, 2)), 'HANDSHAKE_FAILED'],
    ['flips a bit of its tag', at(1, (piece) => flip(piece, -1)), 'HANDSHAKE_FAILED'],
    [
      'cuts the last message short',
      at(1, ({ bytes }) => [message(bytes.subarray(2, -1))]),
      'HANDSHAKE_FAILED'
    ],
    ['sends the first message twice', at(0, ({ bytes }) => [bytes, bytes]), 'HANDSHAKE_FAILED'],
    ['leaves the last message out', at(1, () => 'end'), 'HANDSHAKE_FAILED'],
    ['flips a bit of a record', later((piece) => flip(piece, 2)), 'MALFORMED'],
    ['flips a bit of a record’s tag', later((piece) => flip(piece, -1)), 'MALFORMED'],
    ['sends a record twice', later(({ bytes }) => [bytes, bytes]), 'MALFORMED'],
    ['leaves a record out', later(() => []), 'MALFORMED'],
    ['cuts a record short', later(({ bytes }) => [message(bytes.subarray(2, -1))]), 'MALFORMED'],
    [
      'puts garbage in front of a record',
      later(({ bytes }) => [message(garbage(100, 1)), bytes]),
      'MALFORMED'
    ],
    [
      'puts a record without a tag in front',
      later(({ bytes }) => [message(garbage(15, 2)), bytes]),
      'MALFORMED'
    ],
    [
      'puts an empty record in front',
      later(({ bytes }) => [message(garbage(0, 3)), bytes]),
      'MALFORMED'
    ],
    [
      'sends the longest record of garbage',
      later(() => [message(garbage(65_535, 4))]),
      'MALFORMED'
    ],
    ['sends garbage from then on', later(() => [garbage(200_000, 5)]), 'MALFORMED']
  ]

  it.each(cases)('%s', async (_, tamper, reason) => {
    await dialThrough(tamper)
    await proxy.ended
    await victim.serves()
    await victim.refused(reason)
    await victim.serves()
    await eventually(() => expect(victim.libp2p.getConnections()).toHaveLength(0))
  })

  it('holds back the end of a record: nothing is lost but that connection', async () => {
    let held = false
    await dialThrough(({ kind, index, bytes }) => {
      if (held) return []
      held = kind === 'message' && index === HANDSHAKE + 3
      return [held ? bytes.subarray(0, -1) : bytes]
    })
    await eventually(() => expect(held).toBe(true))
    await victim.serves()
    expect(victim.refusals).toEqual([])
    await proxy.stop()
    await eventually(() => expect(victim.libp2p.getConnections()).toHaveLength(0))
    await victim.serves()
  })

  it('plays a whole connection again', async () => {
    await dialThrough(({ bytes }) => [bytes])
    await eventually(() => expect(dialler.monitor.connections[0]?.rttMs).toBeGreaterThan(0))
    const socket = await openSocket(victim)
    socket.send(proxy.passed)
    await socket.ended
    await victim.refused('HANDSHAKE_FAILED')
    expect(victim.libp2p.getConnections()).toHaveLength(1)
    await victim.serves()
  })
})
