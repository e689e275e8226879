import type { DirectoryEvent, PeerDirectory, PeerId, PeerRecord } from '@daa-compute/interface'
import { SimnetError } from './errors.ts'
import type { Host } from './host.ts'
import { CONTROL } from './path.ts'
import { Peer } from './peer.ts'
import type { World } from './world.ts'

/** What a peer says of itself; what is left out is empty. */
export interface SimRecord {
  readonly addresses?: readonly string[]
  readonly capabilities?: Readonly<Record<string, string>>
}

/** A member's own view of the others, and its ways to change what they see of it. */
export interface SimMembership extends PeerDirectory {
  /** Says something else of itself. */
  update(record: SimRecord): void
  /** Leaves politely. The view stays as it is and learns nothing more. Idempotent. */
  leave(): void
}

/**
 * The peers of one swarm. Each sees the others join, change and leave after the delay of the way
 * between them; a crash is seen like a leave.
 */
export interface SimDirectory {
  /**
   * Announces a peer, as returned by `addPeer`, to the other members.
   *
   * @throws {SimnetError} `PEER_EXISTS` when it is a member already, `BAD_OPTION` when it is not of
   * this simnet
   */
  join(peer: { readonly id: PeerId }, record?: SimRecord): SimMembership
}

/** A record with its version: news that come out of order must not bring back what is gone. */
interface News {
  readonly peer: PeerId
  readonly version: number
  readonly record: PeerRecord | undefined
}

interface Member {
  readonly host: Host
  current: News
  readonly known: Map<PeerId, News>
  readonly watchers: Set<(event: DirectoryEvent) => void>
}

export function createDirectory(world: World): SimDirectory {
  const { paths } = world
  const members = new Map<PeerId, Member>()
  let version = 0

  function tell(member: Member, news: News): void {
    const path = paths.between(news.peer, member.host.id)
    path.carry(CONTROL, undefined, member.host, learn, member, news)
  }

  function learn(member: Member, news: News): void {
    // it may have left meanwhile
    if (members.get(member.host.id) !== member) return
    const before = member.known.get(news.peer)
    if (before !== undefined && before.version >= news.version) return
    member.known.set(news.peer, news)
    const event = describe(before?.record, news)
    if (event === undefined) return
    for (const watcher of [...member.watchers]) watcher(event)
  }

  function announce(member: Member, record: PeerRecord | undefined): void {
    const { host } = member
    member.current = { peer: host.id, version: ++version, record }
    // a crash is seen by the others, whether or not the peer was stopped before
    if (host.alive) host.whenAwake(tellOthers, member, member.current)
    else tellOthers(member, member.current)
  }

  function tellOthers(member: Member, news: News): void {
    for (const other of members.values()) if (other !== member) tell(other, news)
  }

  function join(peer: { readonly id: PeerId }, record: SimRecord = {}): SimMembership {
    const host = Peer.hostOf(peer, world)
    if (host === undefined) throw notOfThisSimnet(peer.id)
    const { id } = host
    if (members.has(id)) throw memberAlready(id)
    const first = { peer: id, version: 0, record: undefined }
    const member: Member = { host, current: first, known: new Map(), watchers: new Set() }
    // what a crashed peer still does has no effect
    if (host.alive) {
      for (const other of members.values()) tell(member, other.current)
      members.set(id, member)
      host.onCrash.add(leave)
      announce(member, fullRecord(id, record))
    }

    function leave(): void {
      if (members.get(id) !== member) return
      members.delete(id)
      member.host.onCrash.delete(leave)
      announce(member, undefined)
    }

    return {
      *peers() {
        for (const { record: known } of member.known.values()) if (known) yield known
      },
      watch(handler) {
        const entry = (event: DirectoryEvent): void => handler(event)
        member.watchers.add(entry)
        return () => member.watchers.delete(entry)
      },
      update(changed) {
        if (members.get(id) === member) announce(member, fullRecord(id, changed))
      },
      leave
    }
  }

  return { join }
}

function fullRecord(peer: PeerId, record: SimRecord): PeerRecord {
  const { addresses = [`/simnet/${peer}`], capabilities = {} } = record
  return { peer, addresses: [...addresses], capabilities: { ...capabilities } }
}

function describe(before: PeerRecord | undefined, news: News): DirectoryEvent | undefined {
  const { peer, record } = news
  if (record === undefined) return before === undefined ? undefined : { type: 'leave', peer }
  return { type: before === undefined ? 'join' : 'update', record }
}

function notOfThisSimnet(peer: PeerId): Error {
  return new SimnetError(
    'BAD_OPTION',
    `${peer} is not a peer of this simnet: join takes what addPeer has returned`,
    { option: 'peer', value: peer }
  )
}

function memberAlready(peer: PeerId): Error {
  return new SimnetError('PEER_EXISTS', `${peer} is a member already: let it leave first`, { peer })
}
