/**
 * A peer in a process of its own, for tests that kill or freeze it.
 *
 * Arguments: the address to dial and how many channels to open. It sends one
 * frame on each, and then reads all frames, each of which has to be filled with
 * one byte value.
 */
import { peerId } from '@daa-compute/interface'
import type { Channel } from '@daa-compute/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createConnector } from '../../src/index.ts'
import { startNode } from './nodes.ts'
import { tcpNetwork } from './tcp.ts'

/** What the child reports once all its channels are over. */
export interface ChildReport {
  readonly frames: number
  /** Frames with more than one byte value in them. */
  readonly mixed: number
  readonly ends: readonly string[]
}

export const CHILD_PROTOCOL = '/test/child/1'

const [address, channels] = process.argv.slice(2)
if (address !== undefined && process.send !== undefined) {
  const node = await startNode(tcpNetwork, [])
  const { remotePeer } = await node.dial(multiaddr(address))
  const connector = createConnector({ libp2p: node })
  let frames = 0
  let mixed = 0

  const read = async (channel: Channel): Promise<string> => {
    await channel.send(Uint8Array.of(1))
    try {
      let frame = await channel.receive()
      for (; frame !== undefined; frame = await channel.receive()) {
        frames++
        const first = frame[0]
        if (!frame.every((byte) => byte === first)) mixed++
      }
    } catch {
      // told by `closed`
    }
    const error = await channel.closed
    return error !== undefined && 'code' in error ? String(error.code) : 'closed'
  }

  const reading: Promise<string>[] = []
  for (let i = 0; i < Number(channels); i++) {
    reading.push(read(await connector.open(peerId(remotePeer.toString()), CHILD_PROTOCOL)))
  }
  const ends = await Promise.all(reading)
  const report: ChildReport = { frames, mixed, ends }
  process.send(report)
  process.disconnect()
  await connector.stop()
  await node.stop()
}
