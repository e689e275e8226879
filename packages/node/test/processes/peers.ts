import { type ChildProcess, fork } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { JoinOptions } from '../../src/index.ts'
import type { Order, Rejected, Report, Resolved } from './orders.ts'
import { RELEASE_FD } from './release.ts'

type ReportOf<Type extends Report['type']> = Extract<Report, { type: Type }>

/** A peer in another process, and the reports of it that nobody has read yet. */
export interface Peer extends AsyncDisposable {
  readonly id: string
  readonly addresses: readonly string[]
  order(order: Order): void
  signal(signal: NodeJS.Signals): void
  /** Ends one `block`. */
  release(): void
  /** The next report of this kind; others before it are passed over. */
  next<Type extends Report['type']>(type: Type): Promise<ReportOf<Type>>
  /** What became of a round. */
  outcome(): Promise<Resolved | Rejected>
}

export interface PeersInit {
  readonly count: number
  readonly options: JoinOptions
  /** Paths of key files, by peer. Default: new identities */
  readonly identities?: readonly string[]
  /** Whether the first has its network on a thread of its own. Default false */
  readonly thread?: boolean
}

/** Peers that all reach each other. */
export async function startPeers(init: PeersInit): Promise<Peer[]> {
  const { count, options, identities = [], thread } = init
  const first = await startPeer({ bootstrap: [], options, identity: identities[0], thread })
  const others = Array.from({ length: count - 1 }, (_, i) =>
    startPeer({ bootstrap: first.addresses, options, identity: identities[i + 1] })
  )
  const peers = [first, ...(await Promise.all(others))]
  for (const peer of peers) peer.order({ type: 'link', members: count })
  await Promise.all(peers.map((peer) => peer.next('linked')))
  return peers
}

export interface PeerInit {
  readonly bootstrap: readonly string[]
  readonly options: JoinOptions
  readonly identity?: string | undefined
  /** Whether its network is on a thread of its own. Default false */
  readonly thread?: boolean | undefined
}

/** A peer that has joined the run. */
export async function startPeer({ identity, thread = false, ...init }: PeerInit): Promise<Peer> {
  const child = fork(new URL('peer-process.ts', import.meta.url), {
    execArgv: ['--conditions=source'],
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe']
  })
  const released = child.stdio[RELEASE_FD] as Writable
  // who ends while it is blocked does not read any more
  released.on('error', () => undefined)
  const ended = new Promise((resolve) => child.once('close', resolve))
  const { next } = readReports(child)
  const order = (message: Order): void => void child.send(message)
  order({ type: 'join', ...init, thread, ...(identity === undefined ? {} : { identity }) })
  const { peer, addresses } = await next(['joined'])
  return {
    id: peer,
    addresses,
    order,
    signal: (signal) => void child.kill(signal),
    release: () => void released.write('!'),
    next: (type) => next([type]),
    outcome: () => next(['resolved', 'rejected']),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    }
  }
}

function readReports(child: ChildProcess): {
  next<Type extends Report['type']>(types: readonly Type[]): Promise<ReportOf<Type>>
} {
  const reports: Report[] = []
  let wake = Promise.withResolvers<void>()
  let isOver = false
  child.on('message', (report: Report) => {
    reports.push(report)
    wake.resolve()
  })
  child.once('exit', () => {
    isOver = true
    wake.resolve()
  })
  return {
    async next(types) {
      for (;;) {
        const report = reports.shift()
        if (report === undefined) {
          if (isOver) throw new Error(`the peer has ended and did not say ${types.join(' or ')}`)
          wake = Promise.withResolvers()
          await wake.promise
        } else if (isOneOf(report, types)) return report
      }
    }
  }
}

function isOneOf<Type extends Report['type']>(
  report: Report,
  types: readonly Type[]
): report is ReportOf<Type> {
  return types.some((type) => type === report.type)
}

/** Ends all of them, however they are. */
export async function stopPeers(peers: readonly Peer[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()))
}
