import { once } from 'node:events'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'

/** One end of WebRTC-direct that has come as far as the channel of the handshake, and keeps to nothing. */
export interface RawWebRtc {
  /** Bytes that came over the channel of the handshake. */
  readonly received: number
  /** The other end has ended that. */
  readonly ended: Promise<void>
  /** Sends messages over it. */
  send(...messages: readonly (Uint8Array | string)[]): void
  /** Opens further channels, and sends a message over each. */
  open(count: number, message: Uint8Array): void
  close(): void
}

/** Parts of stock libp2p that it does not export. */
interface Parts {
  createDialerRTCPeerConnection(
    role: 'client',
    ufrag: string,
    options: { readonly rtcConfiguration: RTCConfiguration }
  ): Promise<{ readonly peerConnection: RTCPeerConnection }>
  munge(offer: RTCSessionDescriptionInit, ufrag: string): RTCSessionDescriptionInit
  serverAnswerFromMultiaddr(address: Multiaddr, ufrag: string): RTCSessionDescriptionInit
  genUfrag(): string
}

async function loadParts(): Promise<Parts> {
  const main = pathToFileURL(createRequire(import.meta.url).resolve('@libp2p/webrtc'))
  const load = async (path: string): Promise<Partial<Parts>> =>
    (await import(new URL(path, main).href)) as Partial<Parts>
  const [connections, sdp, util] = await Promise.all([
    load('private-to-public/utils/get-rtcpeerconnection.js'),
    load('private-to-public/utils/sdp.js'),
    load('util.js')
  ])
  return { ...connections, ...sdp, ...util } as Parts
}

/** @param address of WebRTC-direct, with the hash of its certificate */
export async function openWebRtc(address: string): Promise<RawWebRtc> {
  const { createDialerRTCPeerConnection, munge, serverAnswerFromMultiaddr, genUfrag } =
    await loadParts()
  const ufrag = genUfrag()
  const { peerConnection } = await createDialerRTCPeerConnection('client', ufrag, {
    rtcConfiguration: { iceServers: [] }
  })
  const channel = peerConnection.createDataChannel('', { negotiated: true, id: 0 })
  channel.binaryType = 'arraybuffer'
  let received = 0
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>): void => {
    received += data.byteLength
  }
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  channel.onclose = (): void => resolve()
  peerConnection.onconnectionstatechange = (): void => {
    if (['failed', 'closed', 'disconnected'].includes(peerConnection.connectionState)) resolve()
  }
  const opened = once(channel, 'open')
  await peerConnection.setLocalDescription(munge(await peerConnection.createOffer(), ufrag))
  await peerConnection.setRemoteDescription(serverAnswerFromMultiaddr(multiaddr(address), ufrag))
  await Promise.race([opened, ended])
  return {
    get received() {
      return received
    },
    ended,
    send(...messages) {
      for (const message of messages) sendOver(channel, message)
    },
    open(count, message) {
      for (let i = 0; i < count; i++) {
        const another = peerConnection.createDataChannel('')
        another.onopen = (): void => sendOver(another, message)
      }
    },
    close: () => peerConnection.close()
  }
}

/** Sends a message, if that is still possible. */
export function sendOver(channel: RTCDataChannel, message: Uint8Array | string): void {
  if (channel.readyState !== 'open') return
  if (typeof message === 'string') channel.send(message)
  else channel.send(Uint8Array.from(message))
}
