import { afterEach, describe, expect, it } from 'vitest'
import { createNode, type NetworkEvents, type P2PNetwork, type SwarmConfig } from '../src/index.ts'
import { stopAll } from './local-swarm.ts'

describe('the connections of a node', () => {
  const nodes: P2PNetwork[] = []
  afterEach(() => stopAll(nodes.splice(0)))

  async function start(config: SwarmConfig = {}): Promise<P2PNetwork> {
    const node = await createNode({ listenAddresses: ['/ip4/127.0.0.1/tcp/0'], ...config })
    nodes.push(node)
    return node
  }

  it('are there to look at, and tell when they open, change and close', async () => {
    const first = await start()
    const told: (keyof NetworkEvents)[] = []
    for (const name of ['connection:open', 'connection:change', 'connection:close'] as const) {
      first.on(name, () => told.push(name))
    }
    const second = await start({ bootstrapNodes: first.addresses })
    await expect.poll(() => first.connections[0]?.rttMs).toBeGreaterThan(0)
    expect(first.connections).toMatchObject([
      { peer: second.peerId, transport: 'tcp', direction: 'inbound', relayed: false }
    ])
    expect(second.connections).toMatchObject([{ peer: first.peerId, direction: 'outbound' }])
    expect(told).toEqual(expect.arrayContaining(['connection:open', 'connection:change']))
    await second.stop()
    await expect.poll(() => first.connections).toEqual([])
    expect(told.at(-1)).toBe('connection:close')
  })

  it('are no more than the limits allow, and who is refused is told of', async () => {
    const first = await start({ limits: { maxConnections: 1 } })
    const refused: NetworkEvents['connection:refused'][] = []
    first.on('connection:refused', (event) => refused.push(event))
    await (await start({ bootstrapNodes: first.addresses })).bootstrap()
    await start({ bootstrapNodes: first.addresses })
    await expect.poll(() => refused).not.toHaveLength(0)
    expect(refused[0]).toMatchObject({
      error: { name: 'RefusalError', code: 'TOO_MANY_CONNECTIONS', detail: { limit: 1 } }
    })
    expect(first.connections).toHaveLength(1)
  })

  it('are encrypted post-quantum, unless a peer cannot', async () => {
    const first = await start()
    const second = await start({ bootstrapNodes: first.addresses, postQuantum: 'require' })
    const third = await start({ bootstrapNodes: first.addresses, postQuantum: 'off' })
    await Promise.all([second.bootstrap(), third.bootstrap()])
    const suites = () =>
      Object.fromEntries(first.connections.map(({ peer, encryption }) => [peer, encryption]))
    await expect.poll(suites).toMatchObject({
      [second.peerId]: { postQuantum: true },
      [third.peerId]: { postQuantum: false, protocol: '/noise' }
    })
  })

  it('are refused to classical peers where post-quantum encryption is required', async () => {
    const strict = await start({ postQuantum: 'require' })
    const refused: NetworkEvents['connection:refused'][] = []
    strict.on('connection:refused', (event) => refused.push(event))
    const classical = await start({ bootstrapNodes: strict.addresses, postQuantum: 'off' })
    await expect.poll(() => refused).not.toHaveLength(0)
    expect(refused[0]).toMatchObject({
      error: { code: 'HANDSHAKE_FAILED', cause: { code: 'POST_QUANTUM_REQUIRED' } }
    })
    expect([...strict.connections, ...classical.connections]).toEqual([])
    expect(refused[0]?.error.message).toContain("postQuantum: 'prefer'")
  })

  it('say what to do where bootstrap nodes are classical and that is refused', async () => {
    const classical = await start({ postQuantum: 'off' })
    const strict = await start({ postQuantum: 'require', bootstrapNodes: classical.addresses })
    await expect(strict.bootstrap()).rejects.toThrow("postQuantum: 'prefer'")
  })

  it('are tried once where encryption cannot be agreed on, and that is told as what it is', async () => {
    const classical = await start({ postQuantum: 'off' })
    // without its peer id, so that libp2p does not dial it, too
    const bootstrapNodes = classical.addresses.map((address) => address.replace(/\/p2p\/.*/, ''))
    const strict = await start({ postQuantum: 'require', bootstrapNodes })
    const refused: unknown[] = []
    classical.on('connection:refused', ({ error }) => refused.push(error.code))
    const error: unknown = await strict.bootstrap().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'BOOTSTRAP_FAILED',
      detail: {
        failures: [{ detail: { reason: 'encryption' }, cause: { code: 'POST_QUANTUM_REQUIRED' } }]
      }
    })
    await expect.poll(() => refused).toEqual(['HANDSHAKE_FAILED'])
  })

  it('have no encryption that there is not', async () => {
    const postQuantum = 'always' as SwarmConfig['postQuantum']
    await expect(createNode({ postQuantum })).rejects.toMatchObject({ code: 'BAD_POST_QUANTUM' })
  })

  it('have no limits that are none', async () => {
    await expect(createNode({ limits: { maxConnections: 0 } })).rejects.toMatchObject({
      name: 'LimitsError',
      code: 'BAD_LIMIT'
    })
  })
})
