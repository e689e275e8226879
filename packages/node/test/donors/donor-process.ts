/**
 * A peer that has a state, in a process of its own, driven over IPC.
 *
 *   node --conditions=source donor-process.ts <values> <bits per second> <honest|liar>
 */
import type { Channel, Connector, PeerId } from '@daa-compute/interface'
import { createSharedState } from '@daa-compute/state'
import { systemClock, systemRandom } from '@daa-compute/transport'
import { nativeHasher } from '../../src/native-hasher.ts'
import { startPeer } from './peer.ts'
import { servePlainly } from './plain-transfer.ts'
import { fillWeights, RUN } from './weights.ts'

const [values = '', bitsPerSecond = '', kind = ''] = process.argv.slice(2)
const uploadBitsPerSecond = Number(bitsPerSecond)
const weights = fillWeights(Number(values))
const { connector, addresses } = await startPeer()
await servePlainly(connector, uploadBitsPerSecond)
const state = await createSharedState({
  run: RUN,
  connector: kind === 'liar' ? lying(connector) : connector,
  clock: systemClock,
  random: systemRandom,
  hasher: nativeHasher,
  tensors: { weights },
  members: () => [],
  serving: { uploadBitsPerSecond }
})
process.on('message', (participants: PeerId[]) => {
  state.declare({ lineage: 'first', sequence: 0 }, participants)
  process.send?.('declared')
})
process.send?.({ id: connector.self, addresses })

/** Serves every block with one bit wrong. */
function lying(honest: Connector): Connector {
  return {
    self: honest.self,
    open: (peer, protocol, options) => honest.open(peer, protocol, options),
    accept: (protocol, handler) =>
      honest.accept(protocol, (channel) => handler(lyingChannel(channel)))
  }
}

function lyingChannel(channel: Channel): Channel {
  return {
    peer: channel.peer,
    maxFrameLength: channel.maxFrameLength,
    closed: channel.closed,
    receive: (options) => channel.receive(options),
    close: (options) => channel.close(options),
    abort: (error) => channel.abort(error),
    send(frame, options) {
      const parts = (frame instanceof Uint8Array ? [frame] : frame).map((part) => part.slice())
      const long = parts.find(({ byteLength }) => byteLength > 10_000)
      if (long !== undefined) long[5_000] = (long[5_000] ?? 0) ^ 1
      return channel.send(parts, options)
    }
  }
}
