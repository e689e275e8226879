import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'

/** A server of STUN on loopback, which pretends to be one of TURN as well, and remembers who asked. */
export interface StunServer {
  /** Host and port. */
  readonly host: string
  /** Addresses that sent a binding request. */
  readonly clients: ReadonlySet<string>
  /** Users who wanted to have their traffic carried, with a proof that they know a password. */
  readonly users: ReadonlySet<string>
  close(): void
}

/** RFC 8489, section 5, and RFC 8656, section 7: what requests and answers begin with. */
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const ALLOCATE_REQUEST = 0x0003
const ALLOCATE_ERROR = 0x0113
const MAGIC_COOKIE = 0x2112a442
const HEADER_LENGTH = 20

/** RFC 8489, section 14: attributes. */
const USERNAME = 0x0006
const MESSAGE_INTEGRITY = 0x0008
const ERROR_CODE = 0x0009
const REALM = 0x0014
const NONCE = 0x0015
const XOR_MAPPED_ADDRESS = 0x0020

/** Starts one that answers over IPv4, and never lets anybody have what TURN is for. */
export async function startStunServer(): Promise<StunServer> {
  const clients = new Set<string>()
  const users = new Set<string>()
  const socket = createSocket('udp4')
  socket.on('message', (request, client) => {
    if (request.length < HEADER_LENGTH || request.readUInt32BE(4) !== MAGIC_COOKIE) return
    const type = request.readUInt16BE(0)
    if (type === BINDING_REQUEST) {
      clients.add(`${client.address}:${client.port}`)
      socket.send(found(request, client), client.port, client.address)
    } else if (type === ALLOCATE_REQUEST) {
      const attributes = readAttributes(request)
      const user = attributes.get(USERNAME)
      if (user !== undefined && attributes.has(MESSAGE_INTEGRITY)) users.add(String(user))
      else socket.send(challenge(request), client.port, client.address)
    }
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    host: `127.0.0.1:${socket.address().port}`,
    clients,
    users,
    close: () => socket.close()
  }
}

/** What the client's address looks like from here. */
function found(request: Buffer, { address, port }: RemoteInfo): Buffer {
  const value = Buffer.alloc(8)
  value.writeUInt16BE(1, 0) // IPv4
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2)
  const bytes = Buffer.from(address.split('.').map(Number))
  value.writeUInt32BE((bytes.readUInt32BE(0) ^ MAGIC_COOKIE) >>> 0, 4)
  return answer(request, BINDING_SUCCESS, [XOR_MAPPED_ADDRESS, value])
}

/** Says that a name and a proof are missing. */
function challenge(request: Buffer): Buffer {
  return answer(
    request,
    ALLOCATE_ERROR,
    [ERROR_CODE, Buffer.from([0, 0, 4, 1])],
    [REALM, Buffer.from('test')],
    [NONCE, Buffer.from('once')]
  )
}

/** An answer with attributes whose lengths are multiples of four. */
function answer(
  request: Buffer,
  type: number,
  ...attributes: readonly (readonly [kind: number, value: Buffer])[]
): Buffer {
  const parts = attributes.map(([kind, value]) => {
    const header = Buffer.alloc(4)
    header.writeUInt16BE(kind, 0)
    header.writeUInt16BE(value.length, 2)
    return Buffer.concat([header, value])
  })
  const header = Buffer.from(request.subarray(0, HEADER_LENGTH))
  header.writeUInt16BE(type, 0)
  header.writeUInt16BE(Buffer.concat(parts).length, 2)
  return Buffer.concat([header, ...parts])
}

function readAttributes(message: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = HEADER_LENGTH; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2)
    attributes.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length))
    at += 4 + Math.ceil(length / 4) * 4
  }
  return attributes
}
