import { claimWebRtc } from '#webrtc-claim'
import { webRtcDirectCertificate } from '#webrtc-direct-certificate'
import { identify } from '@libp2p/identify'
import type { ConnectionGater, Listener } from '@libp2p/interface'
import type * as WebRtcModule from '@libp2p/webrtc'
import type {
  DataChannelOptions,
  WebRTCDirectTransportComponents,
  WebRTCTransportComponents
} from '@libp2p/webrtc'
import { WebRTC, WebRTCDirect } from '@multiformats/multiaddr-matcher'
import { MAX_READ_BUFFER, WEBRTC_ATTEMPTS, WEBRTC_HEDGE_MS } from '../constants.ts'
import { TransportError } from '../errors.ts'
import { lazyTransport } from '../lazy/lazy-transport.ts'
import type { EncryptionOptions } from '../noise/encryption.ts'
import { guardListener } from '../webrtc/guarded-listener.ts'
import { metFirst } from '../webrtc/met-first.ts'
import { base, type ServicePreset } from './base.ts'
import { checkIce, type IceOptions, iceServersOf } from './ice.ts'
import { checkMayEncryptItself, unlessRequired } from './self-encrypting.ts'

/** Every node has a gater; this transport of libp2p's does not ask for it. */
type DirectComponents = WebRTCDirectTransportComponents & {
  readonly connectionGater: ConnectionGater
}

/** Options of {@link webRtcPreset}. */
export interface WebRtcOptions extends EncryptionOptions, IceOptions {}

/**
 * WebRTC: directly to a peer with a public address (`/udp/…/webrtc-direct`), and
 * between peers that have none (`/webrtc`), which introduce themselves to each
 * other through a relay: that needs {@link relayPreset} too.
 *
 * Node listens on both, browsers on `/webrtc`. In Node it is loaded when it is
 * first used. A `/webrtc-direct` address holds the hash of a certificate, which is
 * made from the node's identity: who keeps that, and the port, keeps the address.
 *
 * @throws TransportError `NOT_POST_QUANTUM` when that is required, `NO_TURN_SERVER` where
 * nothing but one may be used, `BAD_ICE_SERVER`, `BAD_ICE_TRANSPORT_POLICY`
 */
export function webRtcPreset(options: WebRtcOptions = {}): ServicePreset {
  checkMayEncryptItself('WebRTC', options)
  checkIce(options)
  // an option of every stream, which the type leaves out
  const dataChannel: DataChannelOptions & { maxReadBufferLength: number } = {
    maxReadBufferLength: MAX_READ_BUFFER
  }
  // asked for anew by each connection, because libp2p writes to it
  const rtcConfiguration = (): RTCConfiguration => ({
    iceServers: iceServersOf(options.iceServers)
  })
  const init = { dataChannel, rtcConfiguration }
  const { iceTransportPolicy = 'all' } = options
  return {
    ...base(options),
    transports: [
      unlessRequired(
        'WebRTC',
        lazyTransport<DirectComponents>({
          name: '@libp2p/webrtc-direct',
          matches: (address) => WebRTCDirect.exactMatch(address),
          load: async () => {
            const { webRTCDirect } = await loadWebRtc()
            return (components) => {
              const certificate = webRtcDirectCertificate(components.privateKey)
              const transport = webRTCDirect({ ...init, certificate })(components)
              const { createListener } = transport
              transport.createListener = (listenOptions): Listener => {
                const listener = createListener.call(transport, listenOptions)
                guardListener(listener, components.connectionGater)
                return listener
              }
              return transport
            }
          }
        })
      ),
      unlessRequired(
        'WebRTC',
        lazyTransport<WebRTCTransportComponents>({
          name: '@libp2p/webrtc',
          matches: (address) => WebRTC.exactMatch(address),
          load: async () => {
            const { webRTC } = await loadWebRtc()
            const create = webRTC({
              dataChannel,
              rtcConfiguration: () => ({ ...rtcConfiguration(), iceTransportPolicy })
            })
            return (components) => create(metFirst(components))
          },
          hedge: { attempts: WEBRTC_ATTEMPTS, delayMs: WEBRTC_HEDGE_MS }
        })
      )
    ],
    services: { identify: identify() }
  }
}

async function loadWebRtc(): Promise<Pick<typeof WebRtcModule, 'webRTC' | 'webRTCDirect'>> {
  claimWebRtc()
  try {
    return await import('@libp2p/webrtc')
  } catch (cause) {
    throw new TransportError(
      'WEBRTC_UNAVAILABLE',
      'WebRTC cannot be loaded here; use another kind of address, or a platform that node-datachannel has binaries for',
      {},
      { cause }
    )
  }
}
