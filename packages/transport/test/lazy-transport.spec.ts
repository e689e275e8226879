import type { Libp2p, Transport } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import type { MemoryTransportComponents } from '@libp2p/memory'
import { Memory } from '@multiformats/multiaddr-matcher'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, it, vi } from 'vitest'
import { memoryPreset } from '../src/index.ts'
import { type LazyTransportInit, lazyTransport } from '../src/lazy/lazy-transport.ts'

type Init = LazyTransportInit<MemoryTransportComponents>

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

let names = 0

async function start(listen: boolean, init?: Partial<Init>): Promise<Libp2p> {
  const preset = memoryPreset()
  const node = await createLibp2p({
    ...preset,
    transports: init === undefined ? preset.transports : [lazyTransport({ ...LAZY, ...init })],
    addresses: { listen: listen ? [`/memory/lazy-spec-${names++}`] : [] }
  })
  nodes.push(node)
  return node
}

const LAZY: Init = {
  name: 'lazy memory',
  matches: (address) => Memory.exactMatch(address),
  load: () => Promise.resolve(memory())
}

it('is not loaded before it is used, and then once', async () => {
  const load = vi.fn<Init['load']>(LAZY.load)
  const [node, one, other] = await Promise.all([start(false, { load }), start(true), start(true)])
  expect(load).not.toHaveBeenCalled()
  await Promise.all([node.dial(one.getMultiaddrs()), node.dial(other.getMultiaddrs())])
  expect(node.getConnections()).toHaveLength(2)
  expect(load).toHaveBeenCalledTimes(1)
})

it('listens, and tells where', async () => {
  const load = vi.fn<Init['load']>(LAZY.load)
  const listener = await start(true, { load })
  expect(load).toHaveBeenCalledTimes(1)
  expect(listener.getMultiaddrs()).toHaveLength(1)
  const dialler = await start(false)
  await dialler.dial(listener.getMultiaddrs())
  expect(dialler.getConnections()).toHaveLength(1)
})

it('says why it cannot be loaded, and tries again the next time', async () => {
  const missing = new Error('no such addon')
  const load = vi.fn<Init['load']>(LAZY.load).mockRejectedValueOnce(missing)
  const [node, peer] = await Promise.all([start(false, { load }), start(true)])
  await expect(node.dial(peer.getMultiaddrs())).rejects.toBe(missing)
  await node.dial(peer.getMultiaddrs())
  expect(node.getConnections()).toHaveLength(1)
})

it('says why it cannot listen', async () => {
  const load = (): never => {
    throw new Error('no such addon')
  }
  await expect(start(true, { load })).rejects.toThrow('no such addon')
})

it('leaves addresses of others alone', async () => {
  const [node, peer] = await Promise.all([start(false, { matches: () => false }), start(true)])
  await expect(node.dial(peer.getMultiaddrs())).rejects.toMatchObject({
    name: 'NoValidAddressesError'
  })
})

/** A memory transport whose first dials do nothing until they are given up, and the others are slow. */
function stuck(times: number, slowMs = 0): { load: Init['load']; dials: () => number } {
  let dials = 0
  const load = (): ReturnType<Init['load']> =>
    Promise.resolve((components) => {
      const transport: Transport = memory()(components)
      const dial = transport.dial.bind(transport)
      transport.dial = async (address, options) => {
        if (++dials <= times) await given(options.signal)
        if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs))
        return dial(address, { ...options, signal: new AbortController().signal })
      }
      return transport
    })
  return { load, dials: () => dials }
}

function given(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

const HEDGE = { attempts: 3, delayMs: 1 }

it('dials again while nothing comes of it', async () => {
  const { load, dials } = stuck(2)
  const [node, peer] = await Promise.all([start(false, { load, hedge: HEDGE }), start(true)])
  await node.dial(peer.getMultiaddrs())
  expect(dials()).toBe(3)
})

it('dials no more often than it may', async () => {
  const { load, dials } = stuck(4)
  const [node, peer] = await Promise.all([start(false, { load, hedge: HEDGE }), start(true)])
  const dialled = node.dial(peer.getMultiaddrs(), { signal: AbortSignal.timeout(200) })
  await expect(dialled).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(dials()).toBe(3)
})

it('keeps one of two connections', async () => {
  const { load, dials } = stuck(0, 20)
  const [node, peer] = await Promise.all([start(false, { load, hedge: HEDGE }), start(true)])
  await node.dial(peer.getMultiaddrs())
  expect(dials()).toBe(3)
  await expect.poll(() => peer.getConnections().length).toBe(1)
  expect(node.getConnections()).toHaveLength(1)
})

it('does not dial again when the caller has given up', async () => {
  const { load, dials } = stuck(1)
  const hedge = { attempts: 2, delayMs: 1e6 }
  const [node, peer] = await Promise.all([start(false, { load, hedge }), start(true)])
  const controller = new AbortController()
  const dialled = node.dial(peer.getMultiaddrs(), { signal: controller.signal })
  const settled = expect(dialled).rejects.toThrow('no patience')
  await expect.poll(() => dials()).toBe(1)
  controller.abort(new Error('no patience'))
  await settled
  expect(dials()).toBe(1)
})

it('does not when a dial fails by itself', async () => {
  const { load, dials } = stuck(0)
  const node = await start(false, { load, hedge: { attempts: 2, delayMs: 1e6 } })
  const nobody = await start(true)
  const addresses = nobody.getMultiaddrs()
  await nobody.stop()
  await expect(node.dial(addresses)).rejects.toThrow('No memory listener')
  expect(dials()).toBe(1)
})
