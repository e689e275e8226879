import type { TransportPreset } from './base.ts'
import type { EnvironmentPreset } from './environment.ts'
import { mergePresets } from './merge.ts'
import { relayPreset } from './relay.ts'
import { mayEncryptThemselves } from './self-encrypting.ts'
import { tcpPreset } from './tcp.ts'
import { type WebSocketOptions, webSocketPreset } from './web-socket.ts'
import { webRtcPreset, type WebRtcOptions } from './webrtc.ts'

/** Options of {@link cloudPreset}. */
export interface CloudOptions extends WebSocketOptions, WebRtcOptions {}

/**
 * A machine that others can reach: listens for TCP, WebSocket (secure too, with a
 * certificate) and WebRTC-direct on all interfaces, and dials peers behind relays
 * as well. Where post-quantum encryption is required, without WebRTC.
 *
 * @returns a fresh copy, to edit
 */
export function cloudPreset(options: CloudOptions = {}): EnvironmentPreset {
  const listen = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws']
  if (options.tls !== undefined) listen.push('/ip4/0.0.0.0/tcp/0/tls/ws')
  const presets: TransportPreset[] = [tcpPreset(options), webSocketPreset(options)]
  if (mayEncryptThemselves(options)) {
    listen.push('/ip4/0.0.0.0/udp/0/webrtc-direct')
    presets.push(webRtcPreset(options))
  }
  return { ...mergePresets(relayPreset(options), ...presets), addresses: { listen } }
}
