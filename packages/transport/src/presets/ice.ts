import { TransportError } from '../errors.ts'

/** A server of STUN or TURN. */
export interface IceServer {
  /**
   * `stun:host:port`, `turn:host:port?transport=udp` or `turns:host:port`: RFC 7064, RFC 7065.
   * Not `stuns:`, which neither libdatachannel nor Chromium speaks.
   */
  readonly urls: string | readonly string[]
  /** For TURN. */
  readonly username?: string
  /** For TURN: the password. */
  readonly credential?: string
}

/** How peers that a relay has introduced to each other find a way (ICE, RFC 8445). */
export interface IceOptions {
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
 * Checks what WebRTC itself would refuse, but not before somebody dials, and then
 * without a word of the option.
 *
 * @throws TransportError `BAD_ICE_TRANSPORT_POLICY`, `BAD_ICE_SERVER`, `NO_TURN_SERVER`
 */
export function checkIce({ iceServers = [], iceTransportPolicy = 'all' }: IceOptions): void {
  if (iceTransportPolicy !== 'all' && iceTransportPolicy !== 'relay') {
    const value: unknown = iceTransportPolicy
    const message = `iceTransportPolicy is 'all' or 'relay', not ${JSON.stringify(value)}`
    throw new TransportError('BAD_ICE_TRANSPORT_POLICY', message, { value })
  }
  iceServers.forEach(checkServer)
  if (iceTransportPolicy === 'all' || iceServers.some(isTurn)) return
  throw new TransportError(
    'NO_TURN_SERVER',
    "iceTransportPolicy is 'relay', and iceServers has no server of TURN: add one, like { urls: 'turn:host:3478', username, credential }",
    {}
  )
}

/** Servers in the form of WebRTC, which may write to it. */
export function iceServersOf(iceServers: readonly IceServer[] = []): RTCIceServer[] {
  return iceServers.map((server) => ({ ...server, urls: urlsOf(server) }))
}

function checkServer(server: IceServer, index: number): void {
  const flaw = flawOf(server)
  if (flaw === undefined) return
  const example = isTurn(server)
    ? "{ urls: 'turn:host:3478', username, credential }"
    : "{ urls: 'stun:host:3478' }"
  const message = `iceServers.${index} ${flaw}: write it like ${example}`
  throw new TransportError('BAD_ICE_SERVER', message, { index })
}

function flawOf(server: IceServer): string | undefined {
  const urls = urlsOf(server)
  if (urls.length === 0) return 'has no urls'
  if (urls.some((url) => /^stuns:/i.test(url))) {
    return 'has a URL of STUN over TLS, which WebRTC does not speak here'
  }
  if (!urls.every((url) => /^(?:stun|turns?):[^\s/]+$/i.test(url))) {
    return 'has a URL that is none of STUN or TURN'
  }
  const { username = '', credential = '' } = server
  if (isTurn(server) && (username === '' || credential === '')) {
    return 'is one of TURN, and lacks its username or credential'
  }
  return undefined
}

function isTurn(server: IceServer): boolean {
  return urlsOf(server).some((url) => /^turns?:/i.test(url))
}

/** Of JavaScript's callers, too, who may have left them out. */
function urlsOf({ urls }: Partial<IceServer>): string[] {
  return [urls ?? []].flat()
}
