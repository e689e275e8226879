import { createEmitter } from '@daa-compute/interface'
import { tcpPreset } from '@daa-compute/transport'
import type { Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const PROTOCOL = '/bench/bare/1'
/** Bytes per send: what an all-reduce sends at a time, too. */
const SEND_LENGTH = 256 * 1024

export interface BareExchange {
  readonly bytes: number
  readonly rounds: number
  readonly address: string | undefined
  /** Encrypted as libp2p does by itself, not as our presets do. */
  readonly stock: boolean
  /** Gets the ms of each round. */
  readonly times: number[]
  ready(message: { addresses: string[] }): void
}

/**
 * Two libp2p nodes with the same transports, encryption and muxer as ours send
 * each other `bytes` at the same time, on a stream each way, and do nothing with
 * what arrives but count it.
 */
export async function bareExchange(init: BareExchange): Promise<void> {
  const { bytes, rounds, address, times } = init
  const libp2p = await createLibp2p({
    ...tcpPreset(),
    ...(init.stock ? { connectionEncrypters: [noise()] } : {}),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }
  })
  const events = createEmitter<{ data: undefined; greeted: Stream }>()
  let received = 0
  const greeted = Promise.withResolvers<Stream>()
  await libp2p.handle(PROTOCOL, (stream, connection) => {
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
      events.emit('data', undefined)
    })
    if (address === undefined) void connection.newStream(PROTOCOL).then(greeted.resolve)
  })
  init.ready({ addresses: libp2p.getMultiaddrs().map(String) })
  if (address !== undefined)
    greeted.resolve(await libp2p.dialProtocol(multiaddr(address), PROTOCOL))
  const out = await greeted.promise

  const arrived = async (total: number): Promise<void> => {
    if (received >= total) return
    await new Promise<void>((resolve) => {
      const end = events.on('data', () => {
        if (received < total) return
        end()
        resolve()
      })
    })
  }
  const payload = new Uint8Array(bytes)
  let total = 0
  for (let round = 0; round < rounds; round++) {
    // a byte each way, so that both begin at the same moment
    await send(out, payload.subarray(0, 1))
    await arrived(++total)
    const start = performance.now()
    total += bytes
    const sending = (async () => {
      for (let at = 0; at < bytes; at += SEND_LENGTH) {
        await send(out, payload.subarray(at, at + SEND_LENGTH))
      }
    })()
    await Promise.all([sending, arrived(total)])
    times.push(performance.now() - start)
  }
  await send(out, payload.subarray(0, 1))
  await arrived(++total)
  await libp2p.stop()
}

/** Backpressure by the `drain` event: `onDrain` resolves at once after the first time. */
async function send(stream: Stream, bytes: Uint8Array): Promise<void> {
  if (stream.send(bytes)) return
  await new Promise<void>((resolve) => {
    stream.addEventListener('drain', () => resolve(), { once: true })
  })
}
