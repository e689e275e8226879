import { createEmitter } from '@daa-compute/interface'
import type { ConnectionInfo, NetworkEvents } from '@daa-compute/node'
import { describe, expect, it } from 'vitest'
import { type Link, linksBetween, watchLinks } from '../src/links.ts'
import { describeJob } from '../src/table.ts'
import { summarize } from '../src/summary.ts'

function connection(change: Partial<Record<keyof ConnectionInfo, unknown>> = {}): ConnectionInfo {
  return {
    id: 'a',
    peer: 'bob',
    address: '/ip4/127.0.0.1/tcp/1',
    transport: 'tcp',
    encryption: { protocol: '/noise', name: 'Noise X25519', postQuantum: false },
    relayed: false,
    direction: 'inbound',
    since: 0,
    rttMs: undefined,
    bytesReceived: 0,
    bytesSent: 0,
    receivedBitsPerSecond: 0,
    sentBitsPerSecond: 0,
    ...change
  } as ConnectionInfo
}

function link(change: Partial<Link> = {}): Link {
  return {
    peer: 'bob',
    transport: 'tcp',
    encryption: 'Noise X25519',
    encryptionProtocol: '/noise',
    postQuantum: false,
    relayed: false,
    rttMs: 1.25,
    bytesSent: 10_000,
    bytesReceived: 20_000,
    ...change
  }
}

describe('links', () => {
  it('are remembered after their connections, and are those that carried the most', () => {
    const events = createEmitter<NetworkEvents>()
    let connections = [connection({ bytesSent: 1 })]
    const links = watchLinks({
      on: (name, listener) => events.on(name, listener),
      get connections() {
        return connections
      }
    })
    const busy = { id: 'b', transport: 'websocket', bytesReceived: 100 }
    for (const rttMs of [3, 2, 4]) {
      events.emit('connection:change', { connection: connection({ ...busy, rttMs }) })
    }
    const last = connection({ bytesSent: 7, rttMs: 9 })
    events.emit('connection:close', { connection: last, refusal: undefined })
    connections = []
    expect(links()).toEqual([
      link({ transport: 'websocket', rttMs: 2, bytesSent: 7, bytesReceived: 100 })
    ])
  })

  it('are told of once, by the first of two peers that knows', () => {
    const reports = [
      { self: 'alice', links: [link()] },
      { self: 'bob', links: [link({ peer: 'alice', bytesSent: 1 }), link({ peer: 'carol' })] },
      { self: 'carol', links: [link({ peer: 'alice', relayed: true }), link({ peer: 'dave' })] }
    ]
    expect(linksBetween(reports)).toMatchObject([
      { peers: [0, 1], bytesThere: 10_000, bytesBack: 20_000 },
      { peers: [0, 2], relayed: true, bytesThere: 20_000, bytesBack: 10_000 },
      { peers: [1, 2] }
    ])
  })

  it('are in the table', () => {
    const trained = {
      ...{ rounds: 1, accuracy: 1, loss: 0, participants: 3, bytesSent: 1, digest: 'ab' },
      ...{ digits: [1], examples: 1, seconds: 1 }
    }
    const alone = { ...trained, links: [] }
    const result = {
      swarm: [
        { ...trained, self: 'alice', links: [link({ rttMs: undefined }), link({ peer: 'carol' })] },
        { ...trained, self: 'bob', links: [] },
        { ...trained, self: 'carol', links: [] }
      ],
      ...{ solo: alone, central: alone, calm: undefined, faults: [] },
      ...{ bytesSentByKilled: 0, participants: [3] }
    }
    const text = describeJob(result, summarize(result, 1), { codec: 'int8', peers: 2 })
    expect(text).toContain(
      [
        'link           transport  encryption    way     round trip    there     back',
        'peers 0 and 1  tcp        Noise X25519  direct           -  10.0 kB  20.0 kB',
        'peers 0 and 2  tcp        Noise X25519  direct      1.3 ms  10.0 kB  20.0 kB'
      ].join('\n')
    )
  })
})
