import type { Stream } from '@libp2p/interface'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { FLOW_WINDOW } from '../src/constants.ts'
import { BLOCK, blockHeader } from '../src/flow/block.ts'
import { withFlowControl } from '../src/flow/flow-stream.ts'
import { createDuo, memoryNetwork } from './support/nodes.ts'

const PROTOCOL = '/test/flow/1'
const duo = createDuo(memoryNetwork)
afterAll(() => duo.stop())

const open: Stream[] = []
afterEach(() => {
  for (const stream of open.splice(0)) stream.abort(new Error('the test is over'))
})

/** Two ends of a stream that knows nothing of blocks. */
async function bareStreams(): Promise<readonly [near: Stream, far: Stream]> {
  const [node, other] = await duo.nodes()
  const { promise, resolve } = Promise.withResolvers<Stream>()
  await other.handle(PROTOCOL, resolve)
  const near = await node.dialProtocol(other.peerId, PROTOCOL)
  const far = await promise
  await other.unhandle(PROTOCOL)
  open.push(near, far)
  return [near, far]
}

function collect(stream: Stream): { readonly text: () => string; readonly length: () => number } {
  const chunks: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => chunks.push(data.slice()))
  return {
    text: () => chunks.map((chunk) => new TextDecoder().decode(chunk)).join(''),
    length: () => chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }
}

function ended(stream: Stream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    stream.addEventListener('close', ({ error }) => resolve(error), { once: true })
  })
}

function block(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  return Uint8Array.from([...blockHeader(BLOCK.data, bytes.length), ...bytes])
}

describe('a stream with flow control', () => {
  it('reads blocks that come byte by byte, and the end', async () => {
    const [near, far] = await bareStreams()
    const flow = withFlowControl(far)
    const { text } = collect(flow)
    const over = new Promise<void>((resolve) => {
      flow.addEventListener('remoteCloseWrite', () => resolve())
    })
    for (const byte of [...block('hel'), ...block(''), ...block('lo')]) {
      near.send(Uint8Array.of(byte))
    }
    near.send(blockHeader(BLOCK.end))
    await over
    expect(text()).toBe('hello')
    expect(flow.status).toBe('open')
  })

  it('stops at its credit, and goes on when it gets more', async () => {
    const [near, far] = await bareStreams()
    const flow = withFlowControl(near)
    const { length } = collect(far)
    expect(flow.send(new Uint8Array(FLOW_WINDOW + 100))).toBe(false)
    await expect.poll(() => length()).toBe(FLOW_WINDOW + 4)
    expect(flow.writeBufferLength).toBe(100)
    const drained = new Promise<void>((resolve) => {
      flow.addEventListener('drain', () => resolve(), { once: true })
    })
    far.send(blockHeader(BLOCK.credit, 1000))
    await drained
    await expect.poll(() => length()).toBe(FLOW_WINDOW + 4 + 104)
    expect(flow.writeBufferLength).toBe(0)
  })

  it('gives credit for what came before anybody listened', async () => {
    const [near, far] = await bareStreams()
    const [sender, reader] = [withFlowControl(near), withFlowControl(far)]
    sender.send(new Uint8Array(2 * FLOW_WINDOW))
    await expect.poll(() => reader.readBufferLength).toBe(FLOW_WINDOW)
    const { length } = collect(reader)
    await expect.poll(() => length()).toBe(2 * FLOW_WINDOW)
    expect(sender.writeBufferLength).toBe(0)
  })

  it('gives none while it is paused', async () => {
    const [near, far] = await bareStreams()
    const [sender, reader] = [withFlowControl(near), withFlowControl(far)]
    const { length } = collect(reader)
    reader.pause()
    sender.send(new Uint8Array(2 * FLOW_WINDOW))
    await expect.poll(() => reader.readBufferLength).toBe(FLOW_WINDOW)
    expect(sender.writeBufferLength).toBe(FLOW_WINDOW)
    reader.resume()
    await expect.poll(() => length()).toBe(2 * FLOW_WINDOW)
  })

  it.each([
    ['more data than it may send', [blockHeader(BLOCK.data, FLOW_WINDOW + 1)]],
    [
      'more data than it may send, in two blocks',
      [block('x'), blockHeader(BLOCK.data, FLOW_WINDOW)]
    ],
    ['more credit than was used', [blockHeader(BLOCK.credit, 1)]]
  ])('gives up a remote that sends %s', async (_, blocks) => {
    const [near, far] = await bareStreams()
    const flow = withFlowControl(far)
    const over = ended(flow)
    for (const bytes of blocks) near.send(bytes)
    expect(await over).toBeInstanceOf(RangeError)
    expect(flow.status).toBe('aborted')
  })

  it.each([
    ['nothing', []],
    ['half a header', [Uint8Array.of(1, 0)]],
    ['a part of a block', [blockHeader(BLOCK.data, 10), Uint8Array.of(1)]]
  ])('is reset by a remote that closes after %s, without an end', async (_, pieces) => {
    const [near, far] = await bareStreams()
    const flow = withFlowControl(far)
    const over = ended(flow)
    for (const bytes of pieces) near.send(bytes)
    await near.close()
    expect(await over).toMatchObject({ name: 'StreamResetError' })
    expect(flow.status).toBe('reset')
  })

  it('tells a reset from an end, and leaves nothing open', async () => {
    const [near, far] = await bareStreams()
    const [one, other] = [withFlowControl(near), withFlowControl(far)]
    const over = ended(other)
    const gone = [ended(near), ended(far)]
    one.abort(new Error('enough'))
    expect(await over).toMatchObject({ name: 'StreamResetError' })
    await Promise.all(gone)
  })

  it('closes what is below when both ends have closed', async () => {
    const [near, far] = await bareStreams()
    const [one, other] = [withFlowControl(near), withFlowControl(far)]
    const gone = [ended(near), ended(far), ended(one), ended(other)]
    await one.close()
    expect(far.remoteWriteStatus).toBe('writable')
    await other.close()
    expect(await Promise.all(gone)).toEqual([undefined, undefined, undefined, undefined])
  })
})
