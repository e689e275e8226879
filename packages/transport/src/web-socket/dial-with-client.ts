import { createClient } from '#web-socket-client'
import { ConnectionFailedError, type Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'

/** Name of the method by which libp2p's transport opens a WebSocket. */
const CONNECT = '_connect'

/** How it does. */
type Connect = (
  address: Multiaddr,
  options: { readonly signal?: AbortSignal }
) => Promise<WebSocket>

/** Lets libp2p's transport dial with a WebSocket of {@link createClient}, where there is one. */
export function dialWithClient(transport: Transport): void {
  const connect = Reflect.get(transport, CONNECT) as Connect | undefined
  if (connect === undefined) return
  const connectWithClient: Connect = async (address, options) => {
    options.signal?.throwIfAborted()
    const uri = multiaddrToUri(address)
    const client = createClient(uri)
    if (client === undefined) {
      const socket = connect.call(transport, address, options)
      return await socket.catch((cause: unknown) => typed(cause, uri))
    }
    client.binaryType = 'arraybuffer'
    await opened(client, uri, options.signal)
    return client
  }
  Reflect.set(transport, CONNECT, connectWithClient)
}

/**
 * The platform says by an event that a WebSocket failed, and never why; libp2p rejects with it.
 *
 * @throws ConnectionFailedError in its place, other errors as they are
 */
function typed(cause: unknown, uri: string): never {
  if (cause instanceof Error) throw cause
  throw new ConnectionFailedError(
    `Could not connect to ${uri}: nothing listens there, or its certificate is not trusted`
  )
}

/** @throws ConnectionFailedError */
function opened(client: WebSocket, uri: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failed: boolean): void => {
      client.removeEventListener('open', onOpen)
      client.removeEventListener('close', onEnd)
      signal?.removeEventListener('abort', onEnd)
      if (!failed) {
        resolve()
        return
      }
      // also while it connects
      client.close()
      reject(new ConnectionFailedError(`Could not connect to ${uri}`))
    }
    const onOpen = (): void => settle(false)
    const onEnd = (): void => settle(true)
    client.addEventListener('open', onOpen)
    client.addEventListener('close', onEnd)
    signal?.addEventListener('abort', onEnd)
  })
}
