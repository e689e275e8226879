import type { TransportPreset } from './base.ts'
import type { EnvironmentPreset } from './environment.ts'
import { mergePresets } from './merge.ts'
import { relayPreset } from './relay.ts'
import { mayEncryptThemselves } from './self-encrypting.ts'
import { tcpPreset } from './tcp.ts'
import { type WebSocketOptions, webSocketPreset } from './web-socket.ts'
import { webRtcPreset, type WebRtcOptions } from './webrtc.ts'

/** Options of {@link edgePreset}. */
export interface EdgeOptions extends WebSocketOptions, WebRtcOptions {}

/**
 * A machine at home or in an office, which others reach from its own network
 * only: listens there for TCP and WebSocket (secure too, with a certificate), and asks the first relay that it
 * meets to pass others on to it, which WebRTC then turns into direct connections.
 * Where post-quantum encryption is required, without WebRTC.
 *
 * @returns a fresh copy, to edit
 */
export function edgePreset(options: EdgeOptions = {}): EnvironmentPreset {
  const listen = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws', '/p2p-circuit']
  if (options.tls !== undefined) listen.push('/ip4/0.0.0.0/tcp/0/tls/ws')
  const presets: TransportPreset[] = [tcpPreset(options), webSocketPreset(options)]
  if (mayEncryptThemselves(options)) {
    listen.push('/webrtc')
    presets.push(webRtcPreset(options))
  }
  return { ...mergePresets(relayPreset(options), ...presets), addresses: { listen } }
}
