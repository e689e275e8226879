/**
 * A thread that ends amid connections of node-datachannel, such as those that are left over
 * although their nodes have stopped. Prints what came over one, and with which code it ended.
 */
import { createRequire } from 'node:module'
import { isMainThread, Worker } from 'node:worker_threads'
import { releaseWebRtc } from '../../src/node.ts'
import { claimWebRtc } from '../../src/webrtc/claim.ts'

/** What of node-datachannel this needs. */
interface Channel {
  onOpen(listener: () => void): void
  onClosed(listener: () => void): void
  onMessage(listener: (message: string) => void): void
  sendMessage(message: string): boolean
}
interface Connection {
  onLocalDescription(listener: (sdp: string, type: string) => void): void
  setRemoteDescription(sdp: string, type: string): void
  onLocalCandidate(listener: (candidate: string, mid: string) => void): void
  addRemoteCandidate(candidate: string, mid: string): void
  onDataChannel(listener: (channel: Channel) => void): void
  createDataChannel(label: string): Channel
}
interface NativeWebRtc {
  readonly PeerConnection: new (name: string, config: { iceServers: string[] }) => Connection
}

if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url), { execArgv: ['--conditions=source'] })
  thread.once('exit', (code) => console.log(`the thread ended with ${code}`))
} else {
  claimWebRtc()
  const load = createRequire(import.meta.resolve('@libp2p/webrtc'))
  const { PeerConnection } = load('node-datachannel') as NativeWebRtc
  const [one, other] = ['one', 'other'].map((name) => new PeerConnection(name, { iceServers: [] }))
  if (one === undefined || other === undefined) throw new TypeError('two were made')
  introduce(one, other)
  introduce(other, one)
  other.onDataChannel((channel) => {
    channel.onClosed(() => undefined)
    channel.onMessage((message) =>
      process.stdout.write(`${message}\n`, () => {
        releaseWebRtc()
        process.exit()
      })
    )
  })
  const channel = one.createDataChannel('words')
  channel.onClosed(() => undefined)
  channel.onOpen(() => channel.sendMessage('hello'))
}

function introduce(one: Connection, other: Connection): void {
  one.onLocalDescription((sdp, type) => other.setRemoteDescription(sdp, type))
  one.onLocalCandidate((candidate, mid) => other.addRemoteCandidate(candidate, mid))
}
