import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { peerId } from '@daa-compute/interface'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { plaintext } from '@libp2p/plaintext'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'

import { createConnectionGuard, createConnector, type RefusalError } from '../../src/index.ts'
import { explainHandshakeError } from '../../src/noise/handshake/explain-handshake-error.ts'
import { encryption, type PostQuantum } from '../../src/noise/encryption.ts'
import { CLASSICAL, HYBRID } from '../../src/noise/protocols.ts'
import { bytesOf, ECHO, exchange, serveEcho } from '../support/echo.ts'

type Part = Pick<
  Libp2pOptions,
  'connectionEncrypters' | 'connectionProtector' | 'connectionGater' | 'connectionManager'
>

const stock: Part = { connectionEncrypters: [noise()] }

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(part: Part | PostQuantum): Promise<Libp2p> {
  const node = await createLibp2p({
    transports: [tcp()],
    streamMuxers: [yamux()],
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    connectionMonitor: { enabled: false },
    ...(typeof part === 'string' ? encryption({ postQuantum: part }) : part)
  })
  closing.push(() => Promise.resolve(node.stop()))
  await serveEcho(node)
  return node
}

/** A way to a node that notes who sends when. */
class Wire {
  /** One letter per run of bytes one way: `>` by the one who dials, `<` by the other. */
  flights = ''
  readonly sent: Buffer[] = []
  readonly #target: number
  readonly #sockets: Socket[] = []

  private constructor(target: number) {
    this.#target = target
  }

  static async to(node: Libp2p): Promise<readonly [Wire, ReturnType<typeof multiaddr>]> {
    const address = node.getMultiaddrs()[0]!
    const port = Number(address.toString().split('/')[4])
    const wire = new Wire(port)
    const server = createServer((socket) => wire.#join(socket))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    closing.push(async () => {
      for (const socket of wire.#sockets) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    })
    const peer = node.peerId.toString()
    const own = (server.address() as AddressInfo).port
    return [wire, multiaddr(`/ip4/127.0.0.1/tcp/${own}/p2p/${peer}`)]
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    this.#sockets.push(near, far)
    this.#pass(near, far, '>')
    this.#pass(far, near, '<')
  }

  #pass(from: Socket, to: Socket, way: string): void {
    from.on('data', (bytes) => {
      if (!this.flights.endsWith(way)) this.flights += way
      if (way === '>') this.sent.push(bytes)
      to.write(bytes)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    to.on('error', () => from.destroy())
  }
}

/** Flights until the one who dials has a connection: all that it had to wait for. */
async function flights(
  dialler: Libp2p,
  listener: Libp2p
): Promise<{ flights: string; suite: string }> {
  const [wire, address] = await Wire.to(listener)
  const connection = await dialler.dial(address)
  // its last message is on its way, or has been seen already
  const count = wire.flights.replace(/>$/, '')
  const sent = bytesOf(1000)
  expect(await exchange(await connection.newStream(ECHO), sent)).toEqual(sent)
  return { flights: count, suite: String(connection.encryption) }
}

describe('how often a connection crosses the wire before it can be used', () => {
  /** Of stock libp2p: proposal and answer, first and second message; the third is on its way. */
  async function usual(): Promise<string> {
    const { flights: count } = await flights(await start(stock), await start(stock))
    expect(count).toBe('><><')
    return count
  }

  it('is as often as in stock libp2p when both are hybrid', async () => {
    expect(await flights(await start('prefer'), await start('prefer'))).toEqual({
      flights: await usual(),
      suite: HYBRID.protocol
    })
  })

  it('is as often when the listener is a classical peer', async () => {
    expect(await flights(await start('prefer'), await start(stock))).toEqual({
      flights: await usual(),
      suite: CLASSICAL.protocol
    })
  })

  it('is as often when a classical peer dials', async () => {
    expect(await flights(await start(stock), await start('prefer'))).toEqual({
      flights: await usual(),
      suite: CLASSICAL.protocol
    })
  })

  it('leaves other encryptions behind classical Noise their turn', async () => {
    const { connectionEncrypters, connectionProtector } = encryption()
    const near = await start({
      connectionEncrypters: [...connectionEncrypters, plaintext()],
      connectionProtector
    })
    const far = await start({ connectionEncrypters: [plaintext()] })
    expect(await flights(near, far)).toMatchObject({ suite: '/plaintext/2.0.0' })
    expect(await flights(near, await start(stock))).toMatchObject({ suite: CLASSICAL.protocol })
  })

  it('keeps out of the way of a classical Noise from elsewhere', async () => {
    const { connectionEncrypters, connectionProtector } = encryption()
    const [hybrid] = connectionEncrypters
    const near = await start({ connectionEncrypters: [hybrid!, noise()], connectionProtector })
    expect(await flights(near, await start(stock))).toEqual({
      flights: `><${await usual()}`,
      suite: CLASSICAL.protocol
    })
  })

  it('would be twice more without the eager selection', async () => {
    const { connectionEncrypters } = encryption({ postQuantum: 'prefer' })
    const patient = await flights(await start({ connectionEncrypters }), await start(stock))
    expect(patient.flights).toBe(`><${await usual()}`)
  })
})

describe('postQuantum', () => {
  const outcomes: readonly (readonly [PostQuantum, PostQuantum, string | undefined])[] = [
    ['prefer', 'prefer', HYBRID.protocol],
    ['prefer', 'require', HYBRID.protocol],
    ['prefer', 'off', CLASSICAL.protocol],
    ['require', 'prefer', HYBRID.protocol],
    ['require', 'require', HYBRID.protocol],
    ['require', 'off', undefined],
    ['off', 'prefer', CLASSICAL.protocol],
    ['off', 'require', undefined],
    ['off', 'off', CLASSICAL.protocol]
  ]

  it.each(outcomes)('%s dials %s: %s', async (dialler, listener, suite) => {
    const [near, far] = [await start(dialler), await start(listener)]
    const dialled = near.dial(far.getMultiaddrs())
    if (suite === undefined) {
      await expect(dialled).rejects.toThrow(/requires|could not negotiate/)
      expect(near.getConnections()).toHaveLength(0)
      return
    }
    expect((await dialled).encryption).toBe(suite)
    await expect.poll(() => far.getConnections().map(({ encryption: at }) => at)).toEqual([suite])
  })

  it('is no other word', () => {
    expect(() => encryption({ postQuantum: 'required' as PostQuantum })).toThrow(
      expect.objectContaining({ code: 'BAD_POST_QUANTUM', detail: { value: 'required' } })
    )
  })

  it.each([
    ['require', 'off', 'outbound'],
    ['off', 'require', 'inbound']
  ] as const)('%s, dialling %s, has a typed error at the end that requires', async (...given) => {
    const [dialler, listener, direction] = given
    const code = 'POST_QUANTUM_REQUIRED'
    const refused: RefusalError[] = []
    const [near, far] = await Promise.all(
      [dialler, listener].map(async (policy) => {
        const guard = createConnectionGuard()
        guard.on('refused', ({ error }) => refused.push(error))
        return start({ ...encryption({ postQuantum: policy }), ...guard.preset })
      })
    )
    const dialled = near!.dial(far!.getMultiaddrs())
    dialled.catch(() => {})
    const cause = expect.objectContaining({ name: 'HandshakeError', code, detail: { direction } })
    await expect
      .poll(() => refused)
      .toContainEqual(expect.objectContaining({ code: 'HANDSHAKE_FAILED', cause }))
    const error: unknown = await dialled.catch((reason: unknown) => reason)
    if (direction === 'outbound') expect(explainHandshakeError(error)).toEqual(cause)
  })

  it('is told apart by who opens a channel', async () => {
    const [near, far] = [await start('require'), await start('off')]
    await near.peerStore.patch(far.peerId, { multiaddrs: far.getMultiaddrs() })
    const connector = createConnector({ libp2p: near })
    const opened = connector.open(peerId(far.peerId.toString()), '/test/nothing/1')
    await expect(opened).rejects.toMatchObject({
      code: 'UNREACHABLE',
      cause: { name: 'HandshakeError', code: 'POST_QUANTUM_REQUIRED' }
    })
    await connector.stop()
  })

  it('tells a peer with which there is no encryption in common', async () => {
    const near = await start('prefer')
    const far = await start({ connectionEncrypters: [plaintext()] })
    const error: unknown = await near.dial(far.getMultiaddrs()).catch((reason: unknown) => reason)
    expect(explainHandshakeError(error)).toMatchObject({
      code: 'NO_COMMON_SUITE',
      detail: { offered: [HYBRID.protocol, CLASSICAL.protocol] }
    })
  })

  it('says nothing of an error that is about something else', () => {
    expect(
      explainHandshakeError(new AggregateError([new Error('a'), 'b'], 'all failed'))
    ).toBeUndefined()
    expect(explainHandshakeError(undefined)).toBeUndefined()
  })

  it('require says why it refuses a classical peer that it dials, and tells it nothing', async () => {
    const [near, far] = [await start('require'), await start(stock)]
    const [wire, address] = await Wire.to(far)
    await expect(near.dial(address)).rejects.toThrow(/requires \/noise-mlkem768-hfs\/0\.2\.0/)
    expect(Buffer.concat(wire.sent).toString('latin1')).not.toContain('/noise\n')
  })

  it('require tells a classical peer that dials that its encryption is not available', async () => {
    const [near, far] = [await start(stock), await start('require')]
    await expect(near.dial(far.getMultiaddrs())).rejects.toThrow(/could not negotiate \/noise/)
    expect(far.getConnections()).toHaveLength(0)
  })

  it('require refuses without the eager selection, too', async () => {
    const { connectionEncrypters } = encryption({ postQuantum: 'require' })
    const strict = await start({ connectionEncrypters })
    const classical = await start(stock)
    await expect(strict.dial(classical.getMultiaddrs())).rejects.toThrow(/requires/)
    await expect(classical.dial(strict.getMultiaddrs())).rejects.toThrow(Error)
    expect(strict.getConnections()).toHaveLength(0)
  })

  it('a peer that speaks neither is refused by name', async () => {
    const near = await start('prefer')
    const far = await start({ connectionEncrypters: [] })
    await expect(near.dial(far.getMultiaddrs())).rejects.toThrow(/speaks none of/)
  })
})
