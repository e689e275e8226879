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
import { checkMayEncryptItself, unlessRequired } from './self-encrypting.ts'

/** A server of STUN or TURN. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port?transport=udp` and the like. */
  readonly urls: string | readonly string[]
  /** For TURN. */
  readonly username?: string
  /** For TURN: the password. */
  readonly credential?: string
}

/** Every node has a gater; this transport of libp2p's does not ask for it. */
type DirectComponents = WebRTCDirectTransportComponents & {
  readonly connectionGater: ConnectionGater
}

/** Options of {@link webRtcPreset}. */
export interface WebRtcOptions extends EncryptionOptions {
  /**
   * Servers that tell a peer behind a NAT its address (STUN), or carry its traffic
   * where nothing else gets through (TURN). With none, no third party learns that
   * the node is there, and it meets others on its own network and those with public
   * addresses only. Default: none
   */
  readonly iceServers?: readonly IceServer[] | undefined
  /**
   * With `relay`, peers that a relay has introduced to each other (`/webrtc`) go on
   * through servers of TURN only, of which `iceServers` has to have one: neither learns
   * the other's address, and all traffic takes the detour. Default `all`
   */
  readonly iceTransportPolicy?: 'all' | 'relay' | undefined
}

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
 * nothing but one may be used
 */
export function webRtcPreset(options: WebRtcOptions = {}): ServicePreset {
  checkMayEncryptItself('WebRTC', options)
  checkHasTurnServer(options)
  // an option of every stream, which the type leaves out
  const dataChannel: DataChannelOptions & { maxReadBufferLength: number } = {
    maxReadBufferLength: MAX_READ_BUFFER
  }
  // asked for anew by each connection, because libp2p writes to it
  const rtcConfiguration = (): RTCConfiguration => ({ iceServers: iceServersOf(options) })
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

function checkHasTurnServer(options: WebRtcOptions): void {
  if (options.iceTransportPolicy !== 'relay') return
  const urls = iceServersOf(options).flatMap((server) => server.urls)
  if (urls.some((url) => /^turns?:/i.test(url))) return
  throw new TransportError(
    'NO_TURN_SERVER',
    "iceTransportPolicy is 'relay', and iceServers has no server of TURN: add one, like { urls: 'turn:host:3478', username, credential }",
    {}
  )
}

async function loadWebRtc(): Promise<Pick<typeof WebRtcModule, 'webRTC' | 'webRTCDirect'>> {
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

function iceServersOf({ iceServers = [] }: WebRtcOptions): RTCIceServer[] {
  return iceServers.map((server) => ({
    ...server,
    urls: typeof server.urls === 'string' ? server.urls : [...server.urls]
  }))
}
