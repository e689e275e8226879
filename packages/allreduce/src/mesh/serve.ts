import { asError, type Channel } from '@daa-compute/interface'
import { MAX_TAGS } from './constants.ts'
import { encodeAnswer, type TaggedGreeting } from './greeting.ts'
import { awaitGreeting, GreetingError } from './handshake.ts'
import type { Link } from './link.ts'
import type { MeshParts } from './mesh-init.ts'

/**
 * Serves a control channel that a peer has opened, to its end.
 *
 * @param onGreeted the peer exists: there should be a channel to it, too
 */
export async function serveControl(
  parts: MeshParts,
  channel: Channel,
  onGreeted: () => void
): Promise<void> {
  const { init, links } = parts
  const { peer } = channel
  const theirs = await greeted(parts, channel)
  const earlier = links.any(peer)
  if (earlier?.inbound !== undefined) links.lose(earlier, new Error('it connected anew'))
  links.pardon(peer)
  const link = links.take(peer, theirs.incarnation)
  link.inbound = channel
  links.watch(link, channel)
  await channel.send(encodeAnswer({ type: 'welcome', incarnation: init.greeting.incarnation }))
  onGreeted()
  links.raise(link)
  for (;;) {
    const message = await channel.receive()
    if (message === undefined) break
    link.lastHeard = init.clock.now()
    try {
      init.handlers.onControl(peer, message)
    } catch (error) {
      if (!links.isCurrent(link)) throw error
      links.drop(peer, `malformed control message: ${asError(error).message}`)
      return
    }
  }
  // only the end of what the peer had to say means that it left: a vote may
  // still have been on its way here when another channel ended
  links.lose(link, undefined)
}

/** Serves a data channel that a peer has opened, to its end. */
export async function serveData(parts: MeshParts, channel: Channel): Promise<void> {
  const { links } = parts
  const { peer } = channel
  const { incarnation, tag } = await greeted(parts, channel)
  // the welcome that makes the link whole may be on another channel still
  const link = links.any(peer)
  if (link?.incarnation !== incarnation || link.inbound === undefined) {
    throw new Error('a data channel has to follow a control channel')
  }
  if (link.inboundData.has(tag)) throw new Error(`there is a data channel for tag ${tag} already`)
  if (link.inboundData.size >= MAX_TAGS) {
    throw new Error(`a peer has at most ${MAX_TAGS} data channels`)
  }
  link.inboundData.set(tag, channel)
  links.watch(link, channel)
  try {
    await receiveData(parts, channel, link, tag)
  } finally {
    link.inboundData.delete(tag)
  }
}

async function receiveData(
  { init, links }: MeshParts,
  channel: Channel,
  link: Link,
  tag: number
): Promise<void> {
  for (;;) {
    const frame = await channel.receive()
    if (frame === undefined) return
    link.lastHeard = init.clock.now()
    try {
      const taken = init.handlers.onData(link.peer, frame, tag)
      if (taken !== undefined) await taken
    } catch (error) {
      if (!links.isCurrent(link)) throw error
      links.drop(link.peer, asError(error).message)
      return
    }
  }
}

async function greeted(
  { init, links, deadline }: MeshParts,
  channel: Channel
): Promise<TaggedGreeting> {
  using patience = deadline(`a greeting from ${channel.peer}`)
  const refuse = ({ incarnation }: { incarnation: string }): string | undefined =>
    links.isBanned(channel.peer, incarnation)
      ? 'it was dropped before for breaking the protocol; restart it to come back'
      : init.refuse?.(channel.peer, incarnation)
  try {
    return await awaitGreeting(channel, init.greeting, refuse, patience.signal)
  } catch (error) {
    // whoever has a link knows how to greet; told politely it would try for ever
    if (error instanceof GreetingError) links.drop(channel.peer, error.message)
    throw error
  }
}
