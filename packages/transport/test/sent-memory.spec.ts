import type { MessageStream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { SentMemory } from '../src/noise/sent-memory.ts'

/** As much of a connection as tells what it holds. */
class Connection extends EventTarget {
  writeBufferLength = 0
}

const PIECE = 256 * 1024

interface Setup {
  readonly connection: Connection
  readonly socket: { writableLength: number }
  readonly sent: Uint8Array[]
  /** Encrypts a record, and leaves its bytes where the test says. */
  send(length?: number): Promise<void>
}

function setup(): Setup {
  const connection = new Connection()
  const socket = { writableLength: 0 }
  const memory = new SentMemory(connection as unknown as MessageStream, socket)
  const sent: Uint8Array[] = []
  return {
    connection,
    socket,
    sent,
    async send(length = PIECE) {
      const piece = new Uint8Array(length)
      sent.push(piece)
      memory.add(piece)
      await Promise.resolve()
    }
  }
}

const isGivenBack = ({ buffer }: Uint8Array): boolean => buffer.byteLength === 0

describe('SentMemory', () => {
  it('keeps what the socket holds, however much that is, and gives back the rest', async () => {
    for (const held of [0, 1, PIECE, PIECE + 1, 5 * PIECE, 1000 * PIECE]) {
      const { socket, sent, send } = setup()
      socket.writableLength = held
      for (let i = 0; i < 20; i++) await send()
      const kept = Math.min(20, Math.ceil(held / PIECE))
      expect(sent.map(isGivenBack)).toEqual(sent.map((_, i) => i < 20 - kept))
    }
  })

  it('keeps what the connection holds in front of the socket, too', async () => {
    const { connection, socket, sent, send } = setup()
    socket.writableLength = 2 * PIECE
    connection.writeBufferLength = 3 * PIECE
    for (let i = 0; i < 20; i++) await send()
    expect(sent.map(isGivenBack).indexOf(false)).toBe(15)
  })

  it('gives back at a drain what is gone, and not what was written since', async () => {
    const { connection, socket, sent, send } = setup()
    socket.writableLength = 100 * PIECE
    for (let i = 0; i < 20; i++) await send()
    expect(sent.some(isGivenBack)).toBe(false)
    // who listens before it writes on
    socket.writableLength = 4 * PIECE
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(sent.map(isGivenBack).indexOf(false)).toBe(16)
    socket.writableLength = 0
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(sent.every(isGivenBack)).toBe(true)
  })

  it('gives back nothing before the record is handed over', () => {
    const { sent, send } = setup()
    void send()
    void send()
    expect(sent.some(isGivenBack)).toBe(false)
  })

  it('does not hold on to small records, nor take them for large ones', async () => {
    const { connection, socket, sent, send } = setup()
    socket.writableLength = PIECE + 1000 * 200
    await send()
    for (let i = 0; i < 1000; i++) await send(200)
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(sent.some(isGivenBack)).toBe(false)
    // the large one was written first, but what was not counted may all be of it
    socket.writableLength = 1
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(sent.some(isGivenBack)).toBe(false)
    socket.writableLength = 0
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(sent.map(isGivenBack).indexOf(false)).toBe(1)
    expect(sent.slice(1).some(isGivenBack)).toBe(false)
  })

  it('looks after nothing while there are only small records', async () => {
    const { connection, send } = setup()
    let looked = 0
    Object.defineProperty(connection, 'writeBufferLength', { get: () => looked++ })
    for (let i = 0; i < 100; i++) await send(4095)
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(looked).toBe(0)
  })

  it('keeps the order over a queue that never runs empty', async () => {
    const { socket, sent, send } = setup()
    socket.writableLength = 70 * 4096
    for (let i = 0; i < 1000; i++) await send(4096)
    expect(sent.map(isGivenBack)).toEqual(sent.map((_, i) => i < 930))
  })

  it('listens no more when the connection is closed', async () => {
    const { connection, socket, sent, send } = setup()
    socket.writableLength = 100 * PIECE
    for (let i = 0; i < 3; i++) await send()
    connection.dispatchEvent(new Event('close'))
    socket.writableLength = 0
    connection.dispatchEvent(new Event('drain'))
    await Promise.resolve()
    expect(sent.some(isGivenBack)).toBe(false)
  })
})
