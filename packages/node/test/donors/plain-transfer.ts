import type { Channel, Connector, PeerId } from '@daa-compute/interface'
import { systemClock } from '@daa-compute/transport'

const PROTOCOL = '/daa/test/plain'
const FRAME_LENGTH = 256 * 1024

/** Sends as many bytes as it is asked for, at a pace, and does nothing else. */
export async function servePlainly(connector: Connector, bitsPerSecond: number): Promise<void> {
  await connector.accept(PROTOCOL, (channel) => {
    send(channel, bitsPerSecond).catch((error: unknown) => channel.abort(new Error(String(error))))
  })
}

async function send(channel: Channel, bitsPerSecond: number): Promise<void> {
  const frame = new Uint8Array(FRAME_LENGTH).fill(7)
  const request = await channel.receive()
  let left = Number(new TextDecoder().decode(request))
  let freeAt = systemClock.now()
  while (left > 0) {
    const length = Math.min(left, FRAME_LENGTH)
    left -= length
    freeAt += (length * 8000) / bitsPerSecond
    const early = freeAt - systemClock.now()
    if (early > 0) await new Promise<void>((resolve) => void systemClock.schedule(early, resolve))
    await channel.send(frame.subarray(0, length))
  }
  await channel.close()
}

/** Takes that many bytes from a peer. */
export async function takePlainly(
  connector: Connector,
  peer: PeerId,
  bytes: number
): Promise<void> {
  const channel = await connector.open(peer, PROTOCOL)
  await channel.send(new TextEncoder().encode(String(bytes)))
  let left = bytes
  for (;;) {
    const frame = await channel.receive()
    if (frame === undefined) break
    left -= frame.byteLength
  }
  if (left !== 0) throw new Error(`${left} bytes of a plain transfer are missing`)
  await channel.close()
}
