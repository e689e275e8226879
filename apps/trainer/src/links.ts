import type { ConnectionInfo, P2PNetwork, TransportKind } from '@daa-compute/node'

/** What connected this peer to another one, all connections that they had together. */
export interface Link {
  /** Id of the other peer. */
  readonly peer: string
  /** Of the connection that carried the most, as are encryption and way. */
  readonly transport: TransportKind
  /** Name of the cipher suite for people, and the protocol that was agreed on. */
  readonly encryption: string
  readonly encryptionProtocol: string
  readonly postQuantum: boolean
  /** Whether it went by way of a relay. */
  readonly relayed: boolean
  /** The fastest that was measured, in ms; `undefined` if none was. */
  readonly rttMs: number | undefined
  readonly bytesSent: number
  readonly bytesReceived: number
}

/**
 * Remembers from now on what connects a node to others, after it has ended too.
 *
 * @returns a function that tells
 */
export function watchLinks(node: Pick<P2PNetwork, 'connections' | 'on'>): () => Link[] {
  const known = new Map<string, ConnectionInfo>()
  const fastest = new Map<string, number>()
  const note = (connection: ConnectionInfo): void => {
    known.set(connection.id, connection)
    const { peer, rttMs } = connection
    if (rttMs !== undefined) fastest.set(peer, Math.min(rttMs, fastest.get(peer) ?? rttMs))
  }
  for (const name of ['connection:open', 'connection:change', 'connection:close'] as const) {
    node.on(name, ({ connection }) => note(connection))
  }
  node.connections.forEach(note)
  return () => {
    node.connections.forEach(note)
    const byPeer = Map.groupBy(known.values(), ({ peer }) => peer)
    return Array.from(byPeer, ([peer, all]) => linkOf(all, fastest.get(peer)))
  }
}

function linkOf(connections: readonly ConnectionInfo[], rttMs: number | undefined): Link {
  const carried = ({ bytesSent, bytesReceived }: ConnectionInfo): number =>
    bytesSent + bytesReceived
  const [main] = connections.toSorted((a, b) => carried(b) - carried(a))
  const { peer, transport, encryption, relayed } = main!
  return {
    ...{ peer, transport, relayed, rttMs },
    encryption: encryption.name,
    encryptionProtocol: encryption.protocol,
    postQuantum: encryption.postQuantum,
    bytesSent: connections.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    bytesReceived: connections.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)
  }
}

/** A link between two peers of a job, by their numbers. */
export interface JobLink extends Omit<Link, 'peer' | 'bytesSent' | 'bytesReceived'> {
  readonly peers: readonly [number, number]
  /** Bytes from the first of the two to the second, and the other way. */
  readonly bytesThere: number
  readonly bytesBack: number
}

/** What one peer says of itself and its links. */
export interface LinkReport {
  /** Its id; left out for who has no network. */
  readonly self?: string | undefined
  readonly links: readonly Link[]
}

/** The links between peers, each once, as the first of the two tells, or else the second. */
export function linksBetween(reports: readonly LinkReport[]): JobLink[] {
  const found: JobLink[] = []
  for (let first = 0; first < reports.length; first++) {
    for (let second = first + 1; second < reports.length; second++) {
      const [one, other] = [reports[first]!, reports[second]!]
      const told = one.links.find(({ peer }) => peer === other.self)
      const heard = other.links.find(({ peer }) => peer === one.self)
      const link = told ?? heard
      if (link === undefined) continue
      const { peer: _, bytesSent, bytesReceived, ...rest } = link
      const [there, back] = link === told ? [bytesSent, bytesReceived] : [bytesReceived, bytesSent]
      found.push({ peers: [first, second], ...rest, bytesThere: there, bytesBack: back })
    }
  }
  return found
}
