/**
 * A peer that listens for WebRTC-direct in a process of its own: within one, its
 * native library keeps the ports of nodes that have stopped.
 *
 * Arguments: the seed of its identity in hexadecimal, and the address to listen on.
 * It serves the echo, prints its addresses as a line of JSON, and ends with its input.
 */
import { createLibp2p } from 'libp2p'
import { cloudPreset, identityFromSeed } from '../../src/index.ts'
import { serveEcho } from './echo.ts'

const [seed = '', address = ''] = process.argv.slice(2)
const { privateKey } = await identityFromSeed(Uint8Array.from(Buffer.from(seed, 'hex')))
const node = await createLibp2p({
  ...cloudPreset(),
  addresses: { listen: [address] },
  privateKey
})
await serveEcho(node)
console.log(JSON.stringify(node.getMultiaddrs().map(String)))

process.stdin.resume().once('end', () => {
  void Promise.resolve(node.stop()).finally(() => process.exit())
})
