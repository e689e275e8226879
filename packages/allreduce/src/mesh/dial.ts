import {
  asError,
  type Channel,
  type ConnectorError,
  DaaError,
  type PeerId
} from '@daa-compute/interface'
import { decodeAnswer, encodeGreeting } from './greeting.ts'
import { greet, RefusedError } from './handshake.ts'
import type { Link } from './link.ts'
import type { MeshParts } from './mesh-init.ts'

/**
 * Opens the control channel to a peer.
 *
 * @throws when the peer cannot be reached or refuses
 */
export async function dialControl(parts: MeshParts, peer: PeerId): Promise<void> {
  const { init, links, channels } = parts
  const { connector, greeting, handlers, clock } = init
  using deadline = parts.deadline(`greeting ${peer}`)
  const { signal } = deadline
  let channel: Channel | undefined
  try {
    channel = await connector.open(peer, parts.controlProtocol, { signal })
    channels.add(channel)
    const { incarnation, rttMs } = await greet(channel, greeting, clock, signal)
    signal.throwIfAborted()
    if (links.isBanned(peer, incarnation)) throw new Error(`${peer} was dropped meanwhile`)
    const link = links.take(peer, incarnation)
    link.outbound = channel
    link.rttMs = rttMs
    links.watch(link, channel)
    listenForRefusal(parts, link, channel)
    links.raise(link)
  } catch (error) {
    const reason = reasonOfRefusal(peer, error)
    if (reason !== undefined) handlers.onRefused(peer, reason)
    channel?.abort(asError(error))
    throw error
  }
}

/** Why the peer will have nothing to do with this one, if that is what the error says. */
function reasonOfRefusal(peer: PeerId, error: unknown): string | undefined {
  if (error instanceof RefusedError) return error.message
  if (!(error instanceof DaaError)) return undefined
  const { code, detail } = error as ConnectorError
  return code === 'NOT_ADMITTED' && detail.refusedBy === peer ? detail.reason : undefined
}

/** The channel that the segments of a tag go out on; opened when the first one does. */
export function dataChannel(parts: MeshParts, link: Link, tag: number): Promise<Channel> {
  const existing = link.outboundData.get(tag)
  if (existing !== undefined) return existing
  const opening = openData(parts, link, tag)
  link.outboundData.set(tag, opening)
  const forget = (): void => void link.outboundData.delete(tag)
  opening.then(({ closed }) => closed.then(forget), forget)
  return opening
}

async function openData(parts: MeshParts, link: Link, tag: number): Promise<Channel> {
  const { connector, greeting } = parts.init
  using deadline = parts.deadline(`a data channel to ${link.peer}`)
  const { signal } = deadline
  const channel = await connector.open(link.peer, parts.dataProtocol, { signal })
  parts.channels.add(channel)
  try {
    await channel.send(encodeGreeting({ ...greeting, tag }), { signal })
  } catch (error) {
    channel.abort(asError(error))
    throw error
  }
  parts.links.watch(link, channel)
  return channel
}

/** Nothing comes back on our own control channel, unless the peer drops us. */
function listenForRefusal({ init, links }: MeshParts, link: Link, channel: Channel): void {
  const listen = async (): Promise<void> => {
    const frame = await channel.receive()
    if (frame === undefined) return
    const answer = decodeAnswer(frame)
    if (answer.type !== 'refused') return links.drop(link.peer, 'it answered twice')
    init.handlers.onRefused(link.peer, answer.reason)
    links.lose(link, new RefusedError(answer.reason))
  }
  listen().catch((error: unknown) => links.lose(link, asError(error)))
}
