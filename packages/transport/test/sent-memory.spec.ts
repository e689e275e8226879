import type { MessageStream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { SOCKET_TAIL } from '../src/constants.ts'
import { SentMemory } from '../src/noise/sent-memory.ts'

/** As much of a connection as tells whether its socket is full. */
class Connection extends EventTarget {
  writeBufferLength = 0
  writableNeedsDrain = false
}

const PIECE = 256 * 1024

function setup(): { connection: Connection; sent: Uint8Array[]; send(): Promise<void> } {
  const connection = new Connection()
  const memory = new SentMemory(connection as unknown as MessageStream)
  const sent: Uint8Array[] = []
  return {
    connection,
    sent,
    async send() {
      const piece = new Uint8Array(PIECE)
      sent.push(piece)
      memory.add(piece)
      await Promise.resolve()
    }
  }
}

const isGivenBack = ({ buffer }: Uint8Array): boolean => buffer.byteLength === 0

describe('SentMemory', () => {
  it('keeps the last bytes while the socket has room, and gives back the rest', async () => {
    const { sent, send } = setup()
    for (let i = 0; i < 20; i++) await send()
    const kept = sent.filter((piece) => !isGivenBack(piece))
    expect(kept).toEqual(sent.slice(-SOCKET_TAIL / PIECE))
  })

  it('gives back nothing while the socket is full or the connection holds something', async () => {
    for (const full of [{ writableNeedsDrain: true }, { writeBufferLength: 1 }]) {
      const { connection, sent, send } = setup()
      Object.assign(connection, full)
      for (let i = 0; i < 20; i++) await send()
      connection.writeBufferLength = 1
      connection.dispatchEvent(new Event('drain'))
      expect(sent.some(isGivenBack)).toBe(false)
    }
  })

  it('gives back everything when the socket has drained', async () => {
    const { connection, sent, send } = setup()
    connection.writableNeedsDrain = true
    for (let i = 0; i < 20; i++) await send()
    connection.dispatchEvent(new Event('drain'))
    expect(sent.every(isGivenBack)).toBe(true)
  })

  it('listens no more when the connection is closed', async () => {
    const { connection, sent, send } = setup()
    connection.writableNeedsDrain = true
    for (let i = 0; i < 3; i++) await send()
    connection.dispatchEvent(new Event('close'))
    connection.dispatchEvent(new Event('drain'))
    expect(sent.some(isGivenBack)).toBe(false)
  })
})
