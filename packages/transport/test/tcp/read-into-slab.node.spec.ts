import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readIntoSlab } from '../../src/tcp/read-into-slab.ts'
import type { SocketConnection } from '../../src/tcp/socket-of.ts'

const open: { destroy(): void }[] = []

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
})

async function sockets(): Promise<{ dialled: Socket; accepted: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dialled = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  server.close()
  open.push(dialled, accepted)
  return { dialled, accepted }
}

/** As libp2p's connection is: it listens for data, and keeps what is not read. */
function connectionOf(socket: Socket): SocketConnection & {
  readonly seen: { readonly memory: ArrayBufferLike; readonly bytes: Uint8Array }[]
  readStatus: SocketConnection['readStatus']
} {
  const seen: { memory: ArrayBufferLike; bytes: Uint8Array }[] = []
  const connection = {
    socket,
    seen,
    readStatus: 'readable',
    readBufferLength: 0,
    onData: (bytes: Uint8Array) => void seen.push({ memory: bytes.buffer, bytes: bytes.slice() })
  }
  socket.on('data', (bytes) => connection.onData(bytes))
  return connection as unknown as ReturnType<typeof connectionOf>
}

const lengthOf = ({ seen }: ReturnType<typeof connectionOf>): number =>
  seen.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)

describe('a socket that reads into the slab', () => {
  it.each(['dialled', 'accepted'] as const)('is one that was %s', async (which) => {
    const both = await sockets()
    const near = both[which]
    const far = which === 'dialled' ? both.accepted : both.dialled
    const connection = connectionOf(near)
    expect(readIntoSlab(connection)).toBe(true)
    for (let i = 1; i <= 3; i++) {
      far.write(new Uint8Array(100_000).fill(i))
      await expect.poll(() => lengthOf(connection)).toBe(i * 100_000)
    }
    expect(new Set(connection.seen.map(({ memory }) => memory)).size).toBe(1)
    const all = connection.seen.flatMap(({ bytes }) => [...bytes])
    expect(all.every((byte, i) => byte === 1 + Math.floor(i / 100_000))).toBe(true)
  })

  it('shares it with the others', async () => {
    const { dialled, accepted } = await sockets()
    const [one, other] = [connectionOf(dialled), connectionOf(accepted)]
    readIntoSlab(one)
    readIntoSlab(other)
    dialled.write('a')
    accepted.write('b')
    await expect.poll(() => lengthOf(one) + lengthOf(other)).toBe(2)
    expect(one.seen[0]?.memory).toBe(other.seen[0]?.memory)
    expect([one.seen[0]?.bytes[0], other.seen[0]?.bytes[0]]).toEqual([98, 97])
  })

  it('first gives what it held when it was paused', async () => {
    const { dialled, accepted } = await sockets()
    const connection = connectionOf(dialled)
    dialled.pause()
    accepted.write('first ')
    await expect.poll(() => dialled.readableLength).toBe(6)
    expect(readIntoSlab(connection)).toBe(true)
    accepted.write('second')
    dialled.resume()
    await expect.poll(() => lengthOf(connection)).toBe(12)
    const text = connection.seen.map(({ bytes }) => new TextDecoder().decode(bytes)).join('')
    expect(text).toBe('first second')
  })

  it('gives a copy to who does not read now', async () => {
    const { dialled, accepted } = await sockets()
    const connection = connectionOf(dialled)
    readIntoSlab(connection)
    accepted.write('a')
    await expect.poll(() => lengthOf(connection)).toBe(1)
    connection.readStatus = 'paused'
    accepted.write('b')
    await expect.poll(() => lengthOf(connection)).toBe(2)
    expect(connection.seen[1]?.memory).not.toBe(connection.seen[0]?.memory)
  })

  it('ends as any other', async () => {
    const { dialled, accepted } = await sockets()
    readIntoSlab(connectionOf(dialled))
    const ended = once(dialled, 'end')
    accepted.end()
    await ended
    await once(dialled, 'close')
    expect(dialled.destroyed).toBe(true)
  })

  it('stays as it is where Node has no such fields', () => {
    class Strange {
      readonly readableLength = 0
    }
    const socket = new Strange() as unknown as Socket
    expect(readIntoSlab({ socket } as unknown as SocketConnection)).toBe(false)
  })
})
