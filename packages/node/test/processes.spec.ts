import { type ChildProcess, fork } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import type { Order, Report } from './peer-process.ts'

/** A peer in another process, and the reports of it that nobody has read yet. */
class Peer {
  readonly #child: ChildProcess
  readonly #reports: Report[] = []
  readonly #readers: ((report: Report) => void)[] = []

  constructor() {
    this.#child = fork(new URL('peer-process.ts', import.meta.url), {
      execArgv: ['--conditions=source']
    })
    this.#child.on('message', (report: Report) => {
      const reader = this.#readers.shift()
      if (reader === undefined) this.#reports.push(report)
      else reader(report)
    })
  }

  order(order: Order): void {
    this.#child.send(order)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async read<Type extends Report['type']>(type: Type): Promise<Extract<Report, { type: Type }>> {
    const report = await this.#next()
    if (report.type !== type) {
      throw new Error(`expected ${type}, got ${JSON.stringify(report)}`)
    }
    return report as Extract<Report, { type: Type }>
  }

  /** What became of the round that was ordered. */
  async outcome(): Promise<Extract<Report, { type: 'resolved' | 'rejected' }>> {
    for (;;) {
      const report = await this.#next()
      if (report.type === 'resolved' || report.type === 'rejected') return report
    }
  }

  #next(): Promise<Report> {
    const early = this.#reports.shift()
    if (early !== undefined) return Promise.resolve(early)
    return new Promise((resolve) => void this.#readers.push(resolve))
  }
}

const LENGTH = 8_000_000

let peers: Peer[] = []

afterEach(() => {
  for (const peer of peers) peer.signal('SIGKILL')
  peers = []
})

/** Peers that all reach each other, and their ids. */
async function startPeers(count: number, minPeers: number): Promise<string[]> {
  peers = Array.from({ length: count }, () => new Peer())
  const [first, ...others] = peers
  first!.order({ type: 'join', bootstrap: [], minPeers })
  const { peer, addresses } = await first!.read('joined')
  for (const other of others) other.order({ type: 'join', bootstrap: addresses, minPeers })
  const joined = await Promise.all(others.map((other) => other.read('joined')))
  for (const each of peers) each.order({ type: 'link', members: count })
  await Promise.all(peers.map((each) => each.read('linked')))
  return [peer, ...joined.map((report) => report.peer)]
}

describe('four peers in processes of their own', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'fail a round within 10 s of a %s of one, name it, keep their values, and go on',
    async (signal) => {
      const ids = await startPeers(4, 3)
      const victim = peers[3]!
      const survivors = peers.slice(0, 3)
      for (const [rank, peer] of peers.entries()) {
        peer.order({ type: 'reduce', length: LENGTH, rank })
      }
      await victim.read('reducing')
      victim.signal(signal)
      const start = performance.now()
      for (const outcome of await Promise.all(survivors.map((peer) => peer.outcome()))) {
        expect(outcome).toMatchObject({ type: 'rejected', code: 'PEER_FAILED', intact: true })
        expect(outcome.type === 'rejected' && outcome.message).toContain(ids[3])
      }
      expect(performance.now() - start).toBeLessThan(10_000)

      for (const [rank, peer] of survivors.entries()) {
        peer.order({ type: 'reduce', length: LENGTH, rank })
      }
      for (const outcome of await Promise.all(survivors.map((peer) => peer.outcome()))) {
        expect(outcome).toMatchObject({ type: 'resolved', first: 1, last: 1 })
        expect(outcome.type === 'resolved' && outcome.participants).toHaveLength(3)
      }
    },
    60_000
  )
})
