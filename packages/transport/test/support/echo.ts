import type { Libp2p, Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

/** A protocol that any implementation of libp2p can serve: what comes is sent back, the end too. */
export const ECHO = '/test/echo/1'

/** The same over channels: each frame is sent back. */
export const CHANNEL_ECHO = '/test/channel-echo/1'

/** A frame is the address of who sends it, who is to be dialled for an {@link ECHO}. */
export const CALL_BACK = '/test/call-back/1'

/** Serves {@link ECHO}, over relays too. */
export async function serveEcho(node: Libp2p): Promise<void> {
  await node.handle(
    ECHO,
    (stream) => {
      echo(stream).catch((error: unknown) => stream.abort(error as Error))
    },
    { runOnLimitedConnection: true }
  )
}

async function echo(stream: Stream): Promise<void> {
  for await (const chunk of stream) await sendAll(stream, chunk)
  await stream.close()
}

/** Sends bytes to an {@link ECHO} and returns what comes back. */
export async function exchange(stream: Stream, bytes: Uint8Array): Promise<Uint8Array> {
  const back = new Uint8ArrayList()
  const reading = (async () => {
    for await (const chunk of stream) back.append(chunk)
  })()
  for (let at = 0; at < bytes.length; at += PIECE) {
    await sendAll(stream, bytes.subarray(at, at + PIECE))
  }
  await stream.close()
  await reading
  return back.slice()
}

/** Bytes that are sent at once: some more than a Noise record can hold. */
const PIECE = 70_001

async function sendAll(stream: Stream, data: Uint8Array | Uint8ArrayList): Promise<void> {
  if (stream.send(data)) return
  // not `onDrain()`: libp2p's promise of that name never waits a second time
  await new Promise<void>((resolve, reject) => {
    const settle = (event: Event): void => {
      stream.removeEventListener('drain', settle)
      stream.removeEventListener('close', settle)
      if (event.type === 'drain') resolve()
      else reject(new Error('the stream closed before it had taken everything'))
    }
    stream.addEventListener('drain', settle)
    stream.addEventListener('close', settle)
  })
}

/** Bytes without a pattern that a swapped or a lost piece could hide in. */
export function bytesOf(length: number): Uint8Array {
  let state = 0x9e3779b9
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}
