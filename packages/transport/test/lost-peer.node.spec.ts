import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Channel } from '@daa-compute/interface'
import { nextTurn, quiet } from '@daa-compute/testing'
import type { Libp2p } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createConnector, DEFAULT_MAX_FRAME_LENGTH } from '../src/index.ts'
import type { StoppableConnector } from '../src/index.ts'
import { CHILD_PROTOCOL } from './support/child.ts'
import { startNode } from './support/nodes.ts'
import { tcpNetwork } from './support/tcp.ts'

describe('a peer in another process', () => {
  let node: Libp2p
  let connector: StoppableConnector
  let child: ChildProcess | undefined

  beforeEach(async () => {
    node = await startNode(tcpNetwork)
    connector = createConnector({ libp2p: node })
  })

  afterEach(async () => {
    child?.kill('SIGKILL')
    child = undefined
    await connector.stop()
    await node.stop()
  })

  async function start(channels: number): Promise<{ remote: ChildProcess; channels: Channel[] }> {
    const accepted: Channel[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    await connector.accept(CHILD_PROTOCOL, (channel) => {
      if (accepted.push(channel) === channels) resolve()
    })
    const script = new URL('./support/child.ts', import.meta.url)
    const args = [String(node.getMultiaddrs()[0]), String(channels)]
    const remote = fork(script, args, { execArgv: ['--conditions=source'] })
    child = remote
    await promise
    for (const channel of accepted) expect(await channel.receive()).toEqual(Uint8Array.of(1))
    return { remote, channels: accepted }
  }

  it('is killed: the channel is reset at once', async () => {
    const { remote, channels } = await start(1)
    const channel = channels[0] as Channel
    const reset = { name: 'ChannelError', code: 'RESET', detail: { peer: channel.peer } }
    const waiting = expect(channel.receive()).rejects.toMatchObject(reset)
    const sending = expect(
      (async () => {
        for (;;) await channel.send(new Uint8Array(DEFAULT_MAX_FRAME_LENGTH))
      })()
    ).rejects.toMatchObject(reset)
    remote.kill('SIGKILL')
    await Promise.all([waiting, sending])
    expect(await channel.closed).toMatchObject(reset)
  })

  it('freezes: an abort inside a frame frees its memory, and the frame never arrives', async () => {
    const { remote, channels } = await start(1)
    const channel = channels[0] as Channel
    remote.kill('SIGSTOP')
    const reason = new Error('it is frozen')
    const memory = new Uint8Array(DEFAULT_MAX_FRAME_LENGTH)
    let sent = 0
    const sending = (async () => {
      for (;;) {
        memory.fill(++sent)
        await channel.send(memory)
      }
    })()
    const given = expect(sending).rejects.toBe(reason)
    await quiet(() => sent, nextTurn)
    channel.abort(reason)
    expect(await channel.closed).toBe(reason)
    await given
    memory.fill(0xee, memory.byteLength / 2)
    remote.kill('SIGCONT')
    const [report] = await once(remote, 'message')
    expect(report).toEqual({ frames: expect.any(Number), mixed: 0, ends: ['RESET'] })
  })

  it('freezes: memory that Noise still holds is not given back before that is safe', async () => {
    // each channel may send one window of 256 KiB: together more than a socket takes
    const { remote, channels } = await start(60)
    remote.kill('SIGSTOP')
    const last = channels.pop() as Channel
    let sent = 0
    const blocked = channels.map(async (channel) => {
      const frame = new Uint8Array(50_000).fill(1)
      for (;;) {
        await channel.send(frame)
        sent++
      }
    })
    const failed = Promise.allSettled(blocked)
    await quiet(() => sent, nextTurn)

    // the state after a drain in which control frames filled the socket at once:
    // the stream may send, and Noise keeps what it is given for later
    for (const connection of node.getConnections()) {
      for (const stream of connection.streams) stream.writableNeedsDrain = false
    }
    const reason = new Error('it is frozen')
    const memory = new Uint8Array(100_000).fill(7)
    const given = expect(last.send(memory)).rejects.toBe(reason)
    last.abort(reason)
    expect(await last.closed).toBe(reason)
    await given
    memory.fill(0xee, memory.byteLength / 2)

    for (const channel of channels) channel.abort(reason)
    await failed
    remote.kill('SIGCONT')
    const [report] = await once(remote, 'message')
    expect(report).toMatchObject({ mixed: 0 })
  })
})
