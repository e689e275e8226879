import type { ConnectionGater } from '@libp2p/interface'
import type { TransportPreset } from './base.ts'
import type { EnvironmentPreset } from './environment.ts'
import { mergePresets } from './merge.ts'
import { relayPreset } from './relay.ts'
import { mayEncryptThemselves } from './self-encrypting.ts'
import { webSocketPreset } from './web-socket.ts'
import { webTransportPreset } from './web-transport.ts'
import { webRtcPreset, type WebRtcOptions } from './webrtc.ts'

/** Options of {@link browserPreset}. */
export interface BrowserOptions extends WebRtcOptions {
  /**
   * Dials private addresses and unencrypted WebSockets as well, which libp2p
   * refuses in browsers: for development, and for networks of one's own. Pages of
   * `https:` may not do the latter anyway. Default false
   */
  readonly localNetwork?: boolean | undefined
}

/** {@link browserPreset}'s fragment. */
export interface BrowserPreset extends EnvironmentPreset {
  connectionGater: ConnectionGater
}

/**
 * A page: dials WebSocket, WebTransport and WebRTC-direct, and asks the first
 * relay that it meets to pass others on to it, other pages too, which WebRTC then
 * turns into direct connections. Where post-quantum encryption is required, by
 * WebSocket and relays alone.
 *
 * @returns a fresh copy, to edit
 */
export function browserPreset(options: BrowserOptions = {}): BrowserPreset {
  const listen = ['/p2p-circuit']
  const presets: TransportPreset[] = [webSocketPreset(options)]
  if (mayEncryptThemselves(options)) {
    listen.push('/webrtc')
    presets.push(webTransportPreset(options), webRtcPreset(options))
  }
  return {
    ...mergePresets(relayPreset(options), ...presets),
    addresses: { listen },
    connectionGater: options.localNetwork === true ? { denyDialMultiaddr: () => false } : {}
  }
}
