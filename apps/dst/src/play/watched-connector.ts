import type { Channel, Connector, Frame } from '@daa-compute/interface'

/** A connector that knows which of its channels are open. */
export interface WatchedConnector extends Connector {
  /** Protocols of the channels that are not over. */
  open(...args: Parameters<Connector['open']>): Promise<Channel>
  channels(): string[]
}

/** What becomes of a frame: itself, or others in its place. */
export type Bend = (protocol: string, frame: Uint8Array) => readonly Uint8Array[] | undefined

/**
 * @param bend what a peer with bad bytes does to what it sends; left out for an
 * honest one. A channel's first frame, the greeting, stays as it is.
 */
export function createWatchedConnector(connector: Connector, bend?: Bend): WatchedConnector {
  const open = new Map<Channel, string>()

  function watch(channel: Channel, protocol: string): Channel {
    open.set(channel, protocol)
    void channel.closed.then(() => open.delete(channel))
    return bend === undefined ? channel : bent(channel, protocol, bend)
  }

  return {
    self: connector.self,
    async open(peer, protocol, options) {
      return watch(await connector.open(peer, protocol, options), protocol)
    },
    accept: (protocol, handler) =>
      connector.accept(protocol, (channel) => handler(watch(channel, protocol))),
    channels: () => [...open.values()]
  }
}

function bent(channel: Channel, protocol: string, bend: Bend): Channel {
  let greeted = false
  return {
    peer: channel.peer,
    maxFrameLength: channel.maxFrameLength,
    closed: channel.closed,
    async send(frame, options) {
      const others = greeted ? bend(protocol, joined(frame)) : undefined
      greeted = true
      if (others === undefined) return channel.send(frame, options)
      for (const other of others) await channel.send(other, options)
    },
    receive: (options) => channel.receive(options),
    close: (options) => channel.close(options),
    abort: (error) => channel.abort(error)
  }
}

/** One array of a frame's parts; a copy. */
function joined(frame: Frame): Uint8Array {
  const parts = frame instanceof Uint8Array ? [frame] : frame
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
