import { peerId, type PeerId } from '@daa-compute/interface'
import { SimnetError } from './errors.ts'
import type { Path } from './path.ts'
import type { World } from './world.ts'

/** Which peers reach which, and what becomes of channels when they do not. */
export interface Reachability {
  /** Sees to a way that is used for the first time. */
  admit(path: Path): void
  partition(groups: Iterable<Iterable<string>>): void
  heal(): void
  cut(from: string, to: string): void
  restore(from: string, to: string): void
  resetLink(a: string, b: string): void
  /** What is in the way of whom now, for a person to read. */
  describe(): string[]
}

export function createReachability(
  world: Pick<World, 'options' | 'scheduler' | 'recorder' | 'paths' | 'hosts'>
): Reachability {
  const { scheduler, recorder, paths, hosts } = world
  const { stallTimeoutMs } = world.options
  /** The group of each peer that a partition names. */
  let groups: Map<PeerId, number> | undefined
  /** What `groups` was made of, as text. */
  let partitionText = ''
  const cuts = new Map<string, readonly [PeerId, PeerId]>()

  function isBlocked({ from, to }: Path): boolean {
    if ((groups === undefined && cuts.size === 0) || from === to) return false
    return groups?.get(from) !== groups?.get(to) || cuts.has(keyOf(from, to))
  }

  function admit(path: Path): void {
    if (isBlocked(path)) block(path)
  }

  /** Makes a way what it ought to be. */
  function apply(path: Path | undefined): void {
    if (path === undefined || path.blocked === isBlocked(path)) return
    if (path.blocked) path.unblock()
    else block(path)
  }

  function applyToAll(): void {
    for (const path of paths.all()) apply(path)
  }

  function block(path: Path): void {
    path.block()
    for (const id of [path.from, path.to]) {
      const other = id === path.from ? path.to : path.from
      for (const opening of hosts.get(id)?.openings ?? []) {
        if (opening.endpoint.peer === other) opening.limit()
      }
    }
    if (stallTimeoutMs === Infinity) return
    const timeMs = scheduler.now() + stallTimeoutMs
    scheduler.at(timeMs, undefined, giveUp, path, path.blockades)
  }

  /** Both ends give up on channels of which one way has been blocked all the time. */
  function giveUp(path: Path, blockade: number): void {
    if (path.blocked && path.blockades === blockade) sever(path.from, path.to)
  }

  function sever(a: PeerId, b: PeerId): void {
    loseAt(a, b)
    loseAt(b, a)
  }

  /** A peer that is frozen or slow finds out when it handles its events. */
  function loseAt(id: PeerId, other: PeerId): void {
    const host = hosts.get(id)
    if (host !== undefined) {
      scheduler.at(scheduler.now(), host, () => host.lose(other))
    }
  }

  return {
    admit,
    partition(lists) {
      const next = new Map<PeerId, number>()
      const texts: string[] = []
      for (const list of lists) {
        const ids = [...list].map(peerId)
        for (const id of ids) {
          if ((next.get(id) ?? texts.length) !== texts.length) throw inTwoGroups(id)
          next.set(id, texts.length)
        }
        texts.push(ids.join(', '))
      }
      groups = next
      partitionText = texts.join(' | ')
      recorder.note('partition', undefined, undefined, partitionText)
      applyToAll()
    },
    heal() {
      if (groups === undefined && cuts.size === 0) return
      groups = undefined
      cuts.clear()
      recorder.note('heal')
      applyToAll()
    },
    cut(from, to) {
      const pair = [peerId(from), peerId(to)] as const
      cuts.set(keyOf(...pair), pair)
      recorder.note('cut', ...pair)
      apply(paths.find(...pair))
    },
    restore(from, to) {
      const pair = [peerId(from), peerId(to)] as const
      if (!cuts.delete(keyOf(...pair))) return
      recorder.note('restore', ...pair)
      apply(paths.find(...pair))
    },
    resetLink(a, b) {
      const pair = [peerId(a), peerId(b)] as const
      recorder.note('flap', ...pair)
      sever(...pair)
    },
    describe() {
      const lines = [...cuts.values()].map(([from, to]) => `${from} does not reach ${to}`)
      if (groups !== undefined) lines.push(`the network is partitioned: ${partitionText}`)
      return lines
    }
  }
}

/** Ids hold no space. */
function keyOf(from: PeerId, to: PeerId): string {
  return `${from} ${to}`
}

function inTwoGroups(peer: PeerId): Error {
  return new SimnetError('BAD_OPTION', `${peer} is in two groups of one partition`, {
    option: 'groups',
    value: peer
  })
}
