import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'

/** A server of STUN on loopback that remembers who asked. */
export interface StunServer {
  /** As ICE servers are named. */
  readonly url: string
  /** Addresses that sent a binding request. */
  readonly clients: ReadonlySet<string>
  close(): void
}

/** RFC 8489, section 5: what requests and answers begin with, and the number after it. */
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const MAGIC_COOKIE = 0x2112a442
const HEADER_LENGTH = 20

/** RFC 8489, section 14.2. */
const XOR_MAPPED_ADDRESS = 0x0020
const IPV4 = 0x01

/** Starts one that answers binding requests over IPv4 and nothing else. */
export async function startStunServer(): Promise<StunServer> {
  const clients = new Set<string>()
  const socket = createSocket('udp4')
  socket.on('message', (request, client) => {
    if (request.length < HEADER_LENGTH || request.readUInt16BE(0) !== BINDING_REQUEST) return
    if (request.readUInt32BE(4) !== MAGIC_COOKIE) return
    clients.add(`${client.address}:${client.port}`)
    socket.send(answer(request, client), client.port, client.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    url: `stun:127.0.0.1:${socket.address().port}`,
    clients,
    close: () => socket.close()
  }
}

function answer(request: Buffer, { address, port }: RemoteInfo): Buffer {
  const response = Buffer.alloc(HEADER_LENGTH + 12)
  response.writeUInt16BE(BINDING_SUCCESS, 0)
  response.writeUInt16BE(12, 2)
  request.copy(response, 4, 4, HEADER_LENGTH)
  response.writeUInt16BE(XOR_MAPPED_ADDRESS, 20)
  response.writeUInt16BE(8, 22)
  response.writeUInt16BE(IPV4, 24)
  response.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 26)
  const bytes = Buffer.from(address.split('.').map(Number))
  response.writeUInt32BE((bytes.readUInt32BE(0) ^ MAGIC_COOKIE) >>> 0, 28)
  return response
}
