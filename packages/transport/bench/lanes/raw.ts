import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createPace, type Lane, pieces } from './lane.ts'

/** A socket of Node's and nothing else: what the machine can do at all. */
export async function createRawLane(
  listens: boolean,
  onReceived: (bytes: number) => void
): Promise<Lane> {
  const peer = Promise.withResolvers<Socket>()
  const pace = createPace()
  const take = (socket: Socket): void => {
    socket.setNoDelay(true)
    socket.on('data', ({ byteLength }) => {
      onReceived(byteLength)
      const wait = pace.after(byteLength)
      if (wait === 0) return
      socket.pause()
      setTimeout(() => socket.resume(), wait)
    })
    peer.resolve(socket)
  }
  const server = createServer(take)
  if (listens) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  return {
    address: listens ? String((server.address() as AddressInfo).port) : '',
    async dial(port) {
      const socket = connect(Number(port), '127.0.0.1')
      await once(socket, 'connect')
      take(socket)
    },
    async send(bytes) {
      const socket = await peer.promise
      for (const piece of pieces(bytes)) {
        if (!socket.write(piece)) await once(socket, 'drain')
      }
    },
    readAtMost: (rate) => pace.limit(rate)
  }
}
