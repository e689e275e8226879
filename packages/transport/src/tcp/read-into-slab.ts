import type { Socket } from 'node:net'
import type { SocketConnection } from './socket-of.ts'

/**
 * Bytes that one system call can read: two full records, and little enough to stay
 * in a core's own cache until they are decrypted. With 512 KiB transfers took 1.1 to
 * 1.4 times as long: medians of 25 interleaved ones of 64 MiB in each of four runs,
 * on two busy cores.
 */
const SLAB_LENGTH = 128 * 1024

/**
 * Where all sockets of the process read. One is enough: what a socket has read is
 * decrypted before its callback returns, and callbacks do not nest.
 */
let slab: Uint8Array | undefined

/** The fields of a socket that `onread` of `net.connect` sets, by their names. */
type Fields = Readonly<Record<'kBuffer' | 'kBufferCb' | 'kBufferGen', symbol>>

let fields: Fields | undefined

/**
 * Lets an open connection read into memory that is there already, where the
 * platform has `onread`; elsewhere nothing changes.
 *
 * Node allocates 64 KiB for each read otherwise, which the garbage collector has
 * to find, and `net` has the option for sockets that dial only. So it is set as
 * `net.connect` would set it. Whoever listens to the connection borrows the bytes.
 */
export function readIntoSlab(connection: SocketConnection): boolean {
  const { socket } = connection
  fields ??= findFields(socket)
  const handle: unknown = Reflect.get(socket, '_handle')
  if (fields === undefined || !takesBuffer(handle)) return false
  // what a paused socket holds comes first; libp2p's listener takes it
  while (socket.read() !== null);
  slab ??= new Uint8Array(SLAB_LENGTH)
  const memory = slab
  Reflect.set(socket, fields.kBuffer, memory)
  Reflect.set(socket, fields.kBufferGen, null)
  Reflect.set(socket, fields.kBufferCb, (length: number) => {
    const bytes = memory.subarray(0, length)
    // what is not read now is kept, and so it has to be a copy
    const isRead = connection.readStatus === 'readable' && connection.readBufferLength === 0
    connection.onData(isRead ? bytes : bytes.slice())
    return true
  })
  // libp2p's: the callback takes their place
  for (const listener of socket.listeners('data')) {
    socket.removeListener('data', listener as (data: Buffer) => void)
  }
  handle.useUserBuffer(memory)
  return true
}

function takesBuffer(handle: unknown): handle is { useUserBuffer(memory: Uint8Array): void } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'useUserBuffer' in handle &&
    typeof handle.useUserBuffer === 'function'
  )
}

function findFields(socket: Socket): Fields | undefined {
  // of the class that the socket is of, so that nothing of Node's is imported
  const SocketClass = socket.constructor as typeof Socket
  const onread = { buffer: new Uint8Array(1), callback: (): boolean => true }
  const probe = new SocketClass({ onread })
  const find = (name: string): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find(({ description }) => description === name)
  const [kBuffer, kBufferCb, kBufferGen] = [find('kBuffer'), find('kBufferCb'), find('kBufferGen')]
  const known =
    kBuffer !== undefined &&
    kBufferCb !== undefined &&
    kBufferGen !== undefined &&
    Reflect.get(probe, kBuffer) === onread.buffer &&
    Reflect.get(probe, kBufferCb) === onread.callback
  return known ? { kBuffer, kBufferCb, kBufferGen } : undefined
}
