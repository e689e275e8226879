import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createNode,
  type JoinOptions,
  type P2PNetwork,
  type Run,
  type SwarmConfig
} from '../src/index.ts'
import { joinAll, startNodes, stopAll } from './local-swarm.ts'

/** What a node does, on whichever thread its network is. */
export function nodeSuite({ thread }: { readonly thread: boolean }): void {
  const local = { listenAddresses: ['/ip4/127.0.0.1/tcp/0'], thread }

  let folder: string
  let nodes: P2PNetwork[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daa-node-'))
    nodes = []
  })

  afterEach(async () => {
    await stopAll(nodes)
    await rm(folder, { recursive: true })
  })

  async function start(config: SwarmConfig = {}): Promise<P2PNetwork> {
    const node = await createNode({ ...local, ...config })
    nodes.push(node)
    return node
  }

  describe('createNode', () => {
    it('listens, and says where', async () => {
      const node = await start()
      expect(node.addresses).toHaveLength(1)
      expect(node.addresses[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3/)
      expect(node.addresses[0]).toContain(node.peerId)
      expect(node.peers).toEqual([])
    })

    it('keeps its identity in a file of mode 0600, or takes it from a seed', async () => {
      const identity = join(folder, 'keys', 'peer.key')
      const first = await createNode({ ...local, identity })
      const { peerId } = first
      await first.stop()
      expect((await stat(identity)).mode & 0o777).toBe(0o600)
      expect((await start({ identity })).peerId).toBe(peerId)
      const seed = new Uint8Array(32).fill(7)
      const seeded = await start({ identity: seed })
      expect(seeded.peerId).not.toBe(peerId)
      await seeded.stop()
      expect((await start({ identity: seed })).peerId).toBe(seeded.peerId)
    })

    it('keeps its identity under a passphrase', async () => {
      const identity = { path: join(folder, 'peer.key'), passphrase: 'correct horse' }
      const { peerId } = await start({ identity })
      await stopAll(nodes.splice(0))
      expect((await start({ identity })).peerId).toBe(peerId)
      const wrong = { ...identity, passphrase: 'battery staple' }
      await expect(createNode({ ...local, identity: wrong })).rejects.toMatchObject({
        code: 'WRONG_PASSPHRASE'
      })
    })

    it('connects peers and tells of it', async () => {
      const first = await start()
      const met = new Promise((resolve) => first.on('peer:connect', ({ peer }) => resolve(peer)))
      const second = await start({ bootstrapNodes: first.addresses })
      const { connected } = await second.bootstrap()
      expect(connected).toEqual([first.peerId])
      expect(await met).toBe(second.peerId)
      expect(second.peers).toEqual([first.peerId])
      const connectedTo = (): string[] => first.connections.map(({ peer }) => peer)
      await expect.poll(() => connectedTo()).toEqual([second.peerId])
      const parted = new Promise((resolve) =>
        first.on('peer:disconnect', ({ peer }) => resolve(peer))
      )
      await second.stop()
      expect(await parted).toBe(second.peerId)
      expect(first.peers).toEqual([])
      await expect.poll(() => connectedTo()).toEqual([])
    })

    it('can be stopped twice, disposed of, and used no more', async () => {
      const node = await createNode(local)
      await Promise.all([node.stop(), node.stop(), node[Symbol.asyncDispose]()])
      await expect(node.join('x')).rejects.toMatchObject({ code: 'STOPPED' })
      await expect(node.bootstrap()).rejects.toMatchObject({ code: 'STOPPED' })
    })

    it('lets go of everything when it is stopped with a round forming', async () => {
      const node = await start()
      const run = await node.join('lonely')
      const round = run.allReduce(new Float32Array(3))
      await node.stop()
      await expect(round).rejects.toMatchObject({ code: 'LEFT' })
    })
  })

  describe('bootstrap', () => {
    it('is given up by the caller whose signal is aborted, and by nobody else', async () => {
      const first = await start()
      const port = Number(/tcp\/(\d+)/.exec(first.addresses[0]!)?.[1])
      // a way to the first peer on which nothing moves until the test says so
      const opened = Promise.withResolvers<Socket>()
      const server = createServer((socket) => opened.resolve(socket.on('error', () => undefined)))
      const listening = (at: number): Promise<number> =>
        new Promise((resolve) => {
          server.listen(at, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
        })
      const closed = await listening(0)
      await new Promise((resolve) => server.close(resolve))
      const node = await start({
        bootstrapNodes: [`/ip4/127.0.0.1/tcp/${closed}/p2p/${first.peerId}`]
      })
      // the attempt of the start is over; the next one is that of the callers here
      await expect(node.bootstrap()).rejects.toMatchObject({ code: 'BOOTSTRAP_FAILED' })
      await listening(closed)
      const [early, late] = [new AbortController(), new AbortController()]
      const began = node.bootstrap({ signal: early.signal })
      const kept = node.bootstrap()
      const joined = node.bootstrap({ signal: late.signal })
      const reason = new Error('enough')
      const socket = await opened.promise
      late.abort(reason)
      await expect(joined).rejects.toBe(reason)
      early.abort(reason)
      await expect(began).rejects.toBe(reason)
      await expect(node.bootstrap({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      const rest = connect(port, '127.0.0.1').on('error', () => undefined)
      socket.pipe(rest).pipe(socket)
      expect((await kept).connected).toEqual([first.peerId])
      server.close()
    })
  })

  describe('a bad configuration', () => {
    it('with an unreachable bootstrap address says which, and the node lives', async () => {
      const taken = await start()
      const address = taken.addresses[0]!
      await taken.stop()
      const failed = Promise.withResolvers<unknown>()
      const node = await start({ bootstrapNodes: [address] })
      node.on('bootstrap:failed', ({ error }) => failed.resolve(error))
      const error = await node.bootstrap().catch((e: unknown) => e)
      expect(error).toMatchObject({ name: 'DiscoveryError', code: 'BOOTSTRAP_FAILED' })
      expect(String(error)).toContain(address)
      expect(await failed.promise).toMatchObject({ code: 'BOOTSTRAP_FAILED' })
      const met = new Promise((resolve) => node.on('peer:connect', ({ peer }) => resolve(peer)))
      const other = await start({ bootstrapNodes: node.addresses })
      expect(await met).toBe(other.peerId)
    })

    it('with a taken port names it', async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const { port } = server.address() as { port: number }
      const error = await createNode({
        ...local,
        listenAddresses: [`/ip4/127.0.0.1/tcp/${port}`]
      }).catch((e: unknown) => e)
      server.close()
      expect(error).toMatchObject({ name: 'ListenError' })
      expect(String(error)).toContain(String(port))
    })

    it('with an identity file that cannot be used says why', async () => {
      const identity = join(folder, 'key')
      await writeFile(identity, 'not a key', { mode: 0o600 })
      await expect(createNode({ ...local, identity })).rejects.toMatchObject({
        name: 'IdentityError'
      })
      await chmod(identity, 0o644)
      await expect(createNode({ ...local, identity })).rejects.toMatchObject({
        name: 'IdentityError'
      })
      await expect(createNode({ ...local, identity: folder })).rejects.toMatchObject({
        name: 'IdentityError'
      })
      await expect(createNode({ ...local, identity: new Uint8Array(31) })).rejects.toMatchObject({
        code: 'BAD_SEED'
      })
    })

    it('with a codec, level or address that does not exist says what does', async () => {
      await expect(createNode({ ...local, codec: 'int9' })).rejects.toMatchObject({
        code: 'UNKNOWN_CODEC'
      })
      await expect(createNode({ ...local, compressionLevel: 10 })).rejects.toMatchObject({
        name: 'CodecError'
      })
      await expect(
        createNode({ ...local, listenAddresses: ['localhost:80'] })
      ).rejects.toMatchObject({
        code: 'BAD_CONFIG',
        detail: { field: 'listenAddresses', value: 'localhost:80' }
      })
    })

    it.each([
      ['prefer', '/ip4/127.0.0.1/udp/0/quic-v1'],
      ['prefer', '/ip4/127.0.0.1/udp/0/quic-v1/webtransport'],
      ['require', '/ip4/127.0.0.1/udp/0/webrtc-direct']
    ] as const)(
      'by which post-quantum encryption is %s does not pass over %s',
      async (postQuantum, address) => {
        const listenAddresses = [...local.listenAddresses, address]
        await expect(createNode({ ...local, listenAddresses, postQuantum })).rejects.toMatchObject({
          code: 'BAD_CONFIG',
          detail: { field: 'listenAddresses', value: address }
        })
      }
    )

    it.each([
      [{ bootstrapNode: [] }, 'bootstrapNode', 'bootstrapNodes'],
      [{ runid: 'x' }, 'runid', 'runId'],
      [{ limits: { maxConection: 5 } }, 'limits.maxConection', 'limits.maxConnections'],
      [{ admission: { tokens: 'x', owner: 'y' } }, 'admission.tokens', 'admission.token'],
      [{ admission: { allowed: [] } }, 'admission.allowed', 'admission.allow'],
      [{ tls: { certficate: 'x', key: 'y' } }, 'tls.certficate', 'tls.certificate'],
      [{ iceServers: [{ urls: 'x' }, { url: 'x' }] }, 'iceServers.1.url', 'iceServers.1.urls'],
      [{ identity: { path: 'x', pasphrase: 'y' } }, 'identity.pasphrase', 'identity.passphrase'],
      [{ colour: 'green' }, 'colour', undefined],
      [JSON.parse('{ "__proto__": 1 }'), '__proto__', undefined],
      [{ ['x'.repeat(100_000)]: 1 }, 'x'.repeat(100_000), undefined]
    ])('with a misspelt field says which was meant: %o', async (config, field, nearest) => {
      const error = await createNode(config as SwarmConfig).catch((cause: unknown) => cause)
      expect(error).toMatchObject({
        name: 'NodeError',
        code: 'UNKNOWN_FIELD',
        detail: { field, nearest }
      })
      expect(String(error)).toContain(nearest ?? 'listenAddresses')
    })

    it.each([
      ['configuration', null],
      ['configuration', 'edge'],
      ['limits', { limits: [] }],
      ['tls', { tls: 'cert.pem' }],
      ['admission', { admission: { allow: [], key: 'x' } }],
      ['admission', { admission: {} }],
      ['admission', { admission: [] }],
      ['environment', { environment: 'browser' }],
      ['bootstrapNodes', { bootstrapNodes: [undefined] }],
      ['bootstrapNodes', { bootstrapNodes: '/ip4/127.0.0.1/tcp/1' }],
      ['listenAddresses', { listenAddresses: [7] }]
    ])('with something else for %s is refused', async (field, config) => {
      await expect(createNode(config as unknown as SwarmConfig)).rejects.toMatchObject({
        code: 'BAD_CONFIG',
        detail: { field }
      })
    })

    it('takes nothing for an identity that is none', async () => {
      const path = join(folder, 'peer.key')
      for (const identity of [
        { path },
        // of an environment that lacks it, say: the key would lie in the file as it is
        { path, passphrase: undefined },
        { passphrase: 'correct horse' },
        7,
        null
      ]) {
        const config = { ...local, identity } as unknown as SwarmConfig
        await expect(createNode(config)).rejects.toMatchObject({
          code: 'BAD_CONFIG',
          detail: { field: 'identity' }
        })
      }
    })
  })

  describe('a run', () => {
    it('is not joined with an option that is misspelt', async () => {
      const node = await start()
      const options = { minPeer: 1 } as JoinOptions
      await expect(node.join('misspelt', options)).rejects.toMatchObject({
        code: 'UNKNOWN_FIELD',
        detail: { field: 'minPeer', nearest: 'minPeers' }
      })
      const admission = { keys: 'x' } as unknown as JoinOptions['admission']
      await expect(node.join('misspelt', { admission })).rejects.toMatchObject({
        detail: { field: 'admission.keys', nearest: 'admission.key' }
      })
    })

    it('is joined once at a time, and can be joined again', async () => {
      const node = await start()
      const run = await node.join('once', { minPeers: 1 })
      await expect(node.join('once')).rejects.toMatchObject({ code: 'ALREADY_JOINED' })
      expect((await run.allReduce(new Float32Array([3]))).values[0]).toBe(3)
      await run.leave()
      await expect(run.allReduce(new Float32Array(1))).rejects.toMatchObject({ code: 'LEFT' })
      await using again = await node.join('once', { minPeers: 1 })
      expect((await again.allReduce(new Float32Array([4]))).sequence).toBe(0)
    })

    it('is not forgotten because an earlier join of it was aborted', async () => {
      const node = await start()
      const gone = new AbortController()
      const first = node.join('again', { minPeers: 1, signal: gone.signal })
      gone.abort()
      const failed = first.catch((error: unknown) => error)
      // join again as soon as the node lets go of the first
      let second: Run | undefined
      while (second === undefined) {
        second = await node.join('again', { minPeers: 1 }).catch(() => undefined)
      }
      expect(await failed).toMatchObject({ name: 'AbortError' })
      await new Promise((resolve) => setImmediate(resolve))
      await expect(node.join('again')).rejects.toMatchObject({ code: 'ALREADY_JOINED' })
      await second.leave()
      await second.leave()
    })

    // a run on another thread cannot be made to fail from here
    it.skipIf(thread)('that cannot be left does not keep the node from stopping', async () => {
      const one = await createNode(local)
      const stuck = await one.join('stuck')
      const fine = await one.join('fine')
      const address = one.addresses[0]!
      Object.assign(stuck, { leave: () => Promise.reject(new Error('stuck')) })
      await expect(one.stop()).rejects.toThrow('stuck')
      await expect(fine.allReduce(new Float32Array(1))).rejects.toMatchObject({ code: 'LEFT' })
      const successor = await createNode({ listenAddresses: [address.replace(/\/p2p\/.*/, '')] })
      await successor.stop()
    })

    it("takes the node's minPeers where it is given none", async () => {
      const node = await start({ minPeers: 1 })
      await using run = await node.join('alone', { minPeers: undefined })
      expect((await run.allReduce(new Float32Array([6]))).participants).toEqual([node.peerId])
    })

    it('is told by both sides when codecs differ', async () => {
      nodes = await startNodes(2, { thread })
      const [a, b] = nodes
      const runs = await Promise.all([
        a!.join('mixed', { codec: 'int8' }),
        b!.join('mixed', { codec: 'float32' })
      ])
      const outcomes = await Promise.allSettled(
        runs.map((run) => run.allReduce(new Float32Array(9)))
      )
      expect(outcomes).toMatchObject([
        { reason: { code: 'REQUEST_MISMATCH', detail: { ours: 'int8', theirs: 'float32' } } },
        { reason: { code: 'REQUEST_MISMATCH', detail: { ours: 'float32', theirs: 'int8' } } }
      ])
    })

    it('of the node itself answers the seed vocabulary', async () => {
      nodes = await startNodes(3, { thread, runId: 'own', minPeers: 3, compressionLevel: 3 })
      const [first] = nodes
      await expect(first!.aggregatedGradient()).rejects.toMatchObject({ code: 'NO_GRADIENT' })
      await Promise.all(nodes.map((node, i) => node.broadcastGradient(new Float32Array(8).fill(i))))
      const results = await Promise.all(nodes.map((node) => node.aggregatedGradient()))
      for (const { values } of results) expect([...values]).toEqual(Array(8).fill(1))
      const again = await Promise.all(
        nodes.map((node) => node.allReduce(new Float32Array(1).fill(2)))
      )
      expect(again.map(({ sequence }) => sequence)).toEqual([1, 1, 1])
    })

    it('explains itself', async () => {
      nodes = await startNodes(2, { thread })
      const runs = await joinAll(nodes, { minPeers: 2 })
      await Promise.all(runs.map((run) => run.allReduce(new Float32Array(1))))
      const waiting = runs[0]!.allReduce(new Float32Array(1))
      await expect
        .poll(() => runs[0]!.explain())
        .toMatchObject({
          // with the same members as before, values begin to move at once
          state: expect.stringMatching(/forming|reducing/),
          sequence: 1,
          awaited: { [nodes[1]!.peerId]: 'it has not joined the round' }
        })
      await runs[1]!.allReduce(new Float32Array(1))
      expect((await waiting).sequence).toBe(1)
      expect(runs[0]!.explain().state).toBe('idle')
    })
  })
}
