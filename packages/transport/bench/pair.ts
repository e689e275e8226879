import { type ChildProcess, fork } from 'node:child_process'
import type { LaneName } from './lanes/index.ts'
import type { Answer, Request } from './peer.ts'

/** Two processes with a lane between them. */
export interface Pair {
  /** Moves bytes from the one that dialled to the one that listened, and tells how long that took in ms. */
  oneWay(bytes: number): Promise<number>
  /** As many bytes each way, at the same time. */
  bothWays(bytes: number): Promise<number>
  /** The most memory that the sender took beyond what it had before, in bytes. */
  toSlowReader(bytes: number, bytesPerSecond: number): Promise<number>
  close(): Promise<void>
}

/** Starts the processes; nothing of this one's flags but the sources reaches them. */
export async function openPair(lane: LaneName, execArgv: readonly string[] = []): Promise<Pair> {
  const listener = await start(lane, 'listens', execArgv)
  const dialler = await start(lane, 'dials', execArgv)
  await dialler.ask({ ask: 'dial', address: listener.address })
  // the listener has its end only once something was sent
  const knock = async (): Promise<void> => {
    await Promise.all([
      listener.ask({ ask: 'expect', bytes: 1 }),
      dialler.ask({ ask: 'send', bytes: 1 })
    ])
  }
  await knock()

  const move = async (from: Peer, to: Peer, bytes: number): Promise<void> => {
    await Promise.all([to.ask({ ask: 'expect', bytes }), from.ask({ ask: 'send', bytes })])
  }
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now()
    await work()
    return performance.now() - startedAt
  }
  return {
    oneWay: async (bytes) => await timed(() => move(dialler, listener, bytes)),
    bothWays: async (bytes) =>
      await timed(() =>
        Promise.all([move(dialler, listener, bytes), move(listener, dialler, bytes)])
      ),
    async toSlowReader(bytes, bytesPerSecond) {
      await knock()
      const idle = await dialler.ask({ ask: 'memory' })
      await listener.ask({ ask: 'readAtMost', bytesPerSecond })
      await move(dialler, listener, bytes)
      await listener.ask({ ask: 'readAtMost', bytesPerSecond: 0 })
      const busy = await dialler.ask({ ask: 'memory' })
      return (busy?.peak ?? Number.NaN) - (idle?.now ?? Number.NaN)
    },
    async close() {
      await Promise.all([dialler.end(), listener.end()])
    }
  }
}

interface Peer {
  readonly address: string
  ask(request: Request): Promise<Answer | undefined>
  end(): Promise<void>
}

async function start(lane: LaneName, role: string, execArgv: readonly string[]): Promise<Peer> {
  const child: ChildProcess = fork(new URL('peer.ts', import.meta.url), [lane, role], {
    execArgv: ['--conditions=source', ...execArgv],
    // libp2p does not bring what makes ws faster
    env: { ...process.env, ...(lane === 'stock-ws' && { WS_NO_BUFFER_UTIL: '1' }) }
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const waiting = new Map<number, (answer: Answer | undefined) => void>()
  const address = Promise.withResolvers<string>()
  let last = 0
  child.on('message', (message: { id?: number; answer?: Answer; address?: string }) => {
    if (message.id === undefined) address.resolve(message.address ?? '')
    else waiting.get(message.id)?.(message.answer)
  })
  const failed = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`a process of ${lane} ended with ${code}`)))
  })
  failed.catch(() => {})
  const ask: Peer['ask'] = async (request) => {
    const id = last++
    const answer = new Promise<Answer | undefined>((resolve) => waiting.set(id, resolve))
    child.send({ ...request, id })
    return await Promise.race([answer, failed]).finally(() => waiting.delete(id))
  }
  return {
    address: await Promise.race([address.promise, failed]),
    ask,
    async end() {
      child.disconnect()
      await gone
    }
  }
}
