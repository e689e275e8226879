import { DaaError } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { describeError } from '../src/errors.ts'
import {
  algorithmFor,
  collect,
  parseCodec,
  parseCount,
  parseRunName,
  parseSeed,
  parseShard
} from '../src/flags.ts'
import type { Fault } from '../src/chaos.ts'
import { rateFor, resultCodecOf } from '../src/gradient-compression.ts'
import { float32Bytes, isSuccess, summarize } from '../src/summary.ts'
import { describeJob, describeLiars, formatBytes, formatTable, percent } from '../src/table.ts'
import type { Report } from '../src/task.ts'

function report(change: Partial<Report> = {}): Report {
  return {
    rounds: 10,
    accuracy: 0.96,
    loss: 0.1,
    participants: 2,
    bytesSent: 1_000_000,
    digest: 'ab'.repeat(32),
    digits: [0, 2],
    examples: 100,
    seconds: 1.25,
    links: [],
    ...change
  }
}

describe('flags', () => {
  it.each(['0/1', '3/4', '000/7', '999998/999999'])('take %s for a shard', (text) => {
    const [index, count] = text.split('/').map(Number)
    expect(parseShard(text)).toEqual({ index, count })
  })

  it.each(['', '4/4', '1/0', '-1/4', '1/4/2', '0.5/2', '1 / 4', '1/1e3', 'a/b', '0/1000000'])(
    'take %j for no shard',
    (text) => {
      expect(() => parseShard(text)).toThrow(/like 0\/4/)
    }
  )

  it.each(['0', '-1', '1.5', '1e3', '', ' 1', 'NaN', '99999999999999999999'])(
    'take %j for no count',
    (text) => {
      expect(() => parseCount(text)).toThrow(/whole number from 1/)
    }
  )

  it('take whole numbers of 31 bits for seeds', () => {
    expect(parseCount('600')).toBe(600)
    expect(parseSeed('0')).toBe(0)
    expect(parseSeed('2147483647')).toBe(2_147_483_647)
    for (const text of ['2147483648', '-1', '0.5', '']) {
      expect(() => parseSeed(text)).toThrow(/whole number/)
    }
  })

  it('take codecs by any of their names', () => {
    expect(['int8', 'float32', 'int8+zstd', 'float32+zstd:3'].map(parseCodec)).toEqual([
      'int8',
      'float32',
      'int8+zstd:1',
      'float32+zstd:3'
    ])
  })

  it.each(['', 'nope', 'INT8', 'int8+zstd:0', 'int8+zstd:99'])('take %j for no codec', (text) => {
    expect(() => parseCodec(text)).toThrow(/there is no codec|the level of zstd/)
  })

  it('take PowerSGD by its rank', () => {
    expect(parseCodec('powersgd:4')).toBe('powersgd:4')
    for (const text of ['powersgd:0', 'powersgd:', 'powersgd:1.5', 'powersgd:x', 'powersgd:65']) {
      expect(() => parseCodec(text)).toThrow(/the rank of powersgd is an integer of 1 to 64/)
    }
    expect(() => parseCodec('powersgd')).toThrow(/there is no codec/)
    expect(parseCodec('delta:int8+zstd')).toBe('delta:int8+zstd:1')
  })

  it('choose a codec of results that has room for the entries of all peers', () => {
    expect(resultCodecOf('topk:0.01', 4)).toBe('topk:0.04')
    expect(resultCodecOf('topk:0.1+zstd:1', 3)).toBe('topk:0.3+zstd:1')
    expect(resultCodecOf('topk:0.5', 4)).toBe('topk:1')
    expect(resultCodecOf('int4', 4)).toBe(undefined)
    expect(rateFor('topk:0.01')).toBeGreaterThan(rateFor('int4'))
  })

  it('take an algorithm that carries the codec, unless one is chosen', () => {
    expect(algorithmFor('int8+zstd:1', undefined)).toBe('ring')
    expect(algorithmFor('float32', undefined)).toBe('ring')
    expect(algorithmFor('topk:0.01', undefined)).toBe('direct')
    expect(algorithmFor('topk:0.01', 'auto')).toBe('auto')
    expect(algorithmFor('int8', 'tree')).toBe('tree')
  })

  it('take names of runs that fit into an id', () => {
    expect(parseRunName('é'.repeat(50))).toBe('é'.repeat(50))
    for (const text of ['', 'é'.repeat(51)]) expect(() => parseRunName(text)).toThrow(/1 to 100/)
  })

  it('are collected in order', () => {
    expect(collect('b', collect('a', undefined))).toEqual(['a', 'b'])
  })
})

describe('errors', () => {
  it('are told in one line, with code and cause', () => {
    const cause = new DaaError<{ RESET: object }, 'RESET'>(
      'RESET',
      'the connection\n  went away',
      {}
    )
    const error = new Error('no average', { cause })
    expect(describeError(error)).toBe(
      'Error: no average (because: DaaError RESET: the connection went away)'
    )
    expect(describeError('text')).toBe('text')
    expect(describeError(undefined)).toBe('undefined')
  })

  it('are told once, though causes repeat each other', () => {
    const refused = new Error('connect ECONNREFUSED')
    const unreachable = new Error('address /ip4/192.0.2.1\nis not reachable', { cause: refused })
    const failed = new Error('none could be reached:\n- address /ip4/192.0.2.1\nis not reachable', {
      cause: unreachable
    })
    expect(describeError(failed)).toBe(
      'Error: none could be reached: - address /ip4/192.0.2.1 is not reachable ' +
        '(because: Error: connect ECONNREFUSED)'
    )
  })

  it('end, though causes go round in circles', () => {
    const one = new Error('one')
    const other = new Error('other', { cause: one })
    one.cause = other
    expect(describeError(one)).toBe('Error: one (because: Error: other)')
  })
})

describe('the summary', () => {
  const result = {
    swarm: [report(), report({ accuracy: 0.95 })],
    solo: report({ accuracy: 0.3, bytesSent: 0 }),
    central: report({ accuracy: 0.97, bytesSent: 0 }),
    calm: undefined,
    faults: [],
    bytesSentByKilled: 0,
    participants: Array<number>(10).fill(2)
  }

  it('takes the worst peer and all bytes', () => {
    expect(summarize(result, 9)).toEqual({
      peers: 2,
      rounds: 10,
      accuracy: 0.95,
      soloAccuracy: 0.3,
      centralAccuracy: 0.97,
      parametersIdentical: true,
      links: [],
      bytesSent: 2_000_000,
      bytesSentFloat32: 10 * 2 * 101_770 * 4,
      seconds: 9
    })
  })

  it('is a success only of one model that is as good as without faults', () => {
    const summary = summarize({ ...result, calm: report({ accuracy: 0.953 }) }, 9)
    expect(summary).toMatchObject({ calmAccuracy: 0.953, faults: [] })
    expect(isSuccess(summary, 'int8')).toBe(true)
    expect(isSuccess(summarize(result, 9), 'int8')).toBe(true)
    expect(isSuccess({ ...summary, parametersIdentical: false }, 'int8')).toBe(false)
    expect(isSuccess({ ...summary, calmAccuracy: 0.959 }, 'int8')).toBe(false)
    expect(isSuccess({ ...summary, calmAccuracy: 0.941 }, 'int8')).toBe(false)
    for (const codec of ['topk:0.01', 'powersgd:4', 'delta:topk:0.1+zstd:1']) {
      expect(isSuccess({ ...summary, calmAccuracy: 0.974 }, codec)).toBe(true)
      expect(isSuccess({ ...summary, calmAccuracy: 0.976 }, codec)).toBe(false)
    }
  })

  it('tells what was done to whom, and who is back', () => {
    const faults: Fault[] = [
      { peer: 4, kind: 'join', step: 6, backAt: 21, wasBehind: true, seconds: 1.1 },
      { peer: 2, kind: 'kill', step: 40, backAt: 90, wasBehind: true, seconds: 2.51 },
      { peer: 0, kind: 'freeze', step: 140, backAt: 140, wasBehind: false, seconds: 0.5 },
      { peer: 1, kind: 'freeze', step: 150, backAt: 190, wasBehind: true, seconds: 6.5 },
      { peer: 2, kind: 'freeze', step: 200, backAt: 240, wasBehind: true, seconds: 6.5 }
    ]
    const chaotic = { ...result, calm: report({ accuracy: 0.953 }), faults }
    const text = describeJob(chaotic, summarize(chaotic, 9), { codec: 'int8', peers: 2 })
    expect(text).toContain('killed and started again: 1, stopped for a while: 3, joined later: 1')
    // of peer 2 the process that was stopped is not the one that ended
    expect(text.match(/^peer \d, stopped at step.*$/gm)).toEqual([
      expect.stringMatching(/^peer 1, stopped at step 150, .* by step 190, .*: [0-9a-f]{12}$/)
    ])
    expect(text).toMatch(/^4 +joined +6 +21 +1.1 s +yes$/m)
    expect(text).toMatch(/^2 +killed +40 +90 +2.5 s +yes$/m)
    expect(text).toMatch(/^0 +stopped +140 +140 +0.5 s +no$/m)
    expect(text).toMatch(/^without any of it, the same training comes to 95.30 %$/m)
  })

  it('has what killed processes sent, and float32 by the peers that were in each round', () => {
    const participants = [4, 4, 3, 5]
    const chaotic = { ...result, bytesSentByKilled: 500_000, participants }
    const summary = summarize(chaotic, 9)
    expect(describeJob(chaotic, summary, { codec: 'int8', peers: 2 })).toContain(
      'sent with int8: 2.5 MB, of which 500.0 kB by processes that were killed; the same rounds'
    )
    const { bytesSent, bytesSentFloat32 } = summary
    expect(bytesSent).toBe(2_500_000)
    expect(bytesSentFloat32).toBe(2 * (3 + 3 + 2 + 4) * 101_770 * 4)
  })

  it('says who lies, and what gradients are aggregated by', () => {
    const lines = [
      { peers: 5, liars: 1, lie: 'sign', rule: 'median' },
      { peers: 10, liars: 2, lie: 'bias' },
      { peers: 4, rule: 'centered-clip' },
      { peers: 4 }
    ] as const
    expect(lines.map(describeLiars)).toEqual([
      'peer 4 lies: sign; gradients are aggregated by median',
      'peers 8, 9 lie: bias; gradients are aggregated by their mean, which liars can move at will',
      'nobody lies; gradients are aggregated by centered-clip',
      undefined
    ])
    const text = describeJob(result, summarize(result, 9), { codec: 'int8', peers: 2, liars: 1 })
    expect(text).toMatch(/^peer 0 +0 2 /m)
    // who joins later does not
    const joined = { ...result, swarm: [...result.swarm, report()] }
    expect(
      describeJob(joined, summarize(joined, 9), { codec: 'int8', peers: 2, liars: 1 })
    ).toMatch(/^peer 2 +0 2 /m)
    expect(text).toMatch(/^peer 1, lies +/m)
  })

  it('sees one bit of difference', () => {
    const other = report({ digest: `${'ab'.repeat(31)}aa` })
    const summary = summarize({ ...result, swarm: [report(), other] }, 9)
    expect(summary.parametersIdentical).toBe(false)
    expect(describeJob(result, summary, { codec: 'int8', peers: 2 })).toMatch(/on all peers: NO$/m)
  })

  it('counts what a ring sends: each of n parts n - 1 times, twice', () => {
    // four peers with a quarter each: three sends out and three back, of all four
    expect(float32Bytes(4, 1)).toBe(4 * 6 * (101_770 / 4) * 4)
    expect(float32Bytes(1, 600)).toBe(0)
  })

  it('is told with everything a reader asks for', () => {
    const text = describeJob(result, summarize(result, 9), { codec: 'int8', peers: 2 })
    expect(text).toContain('worst peer 95.00 %')
    expect(text).toMatch(/^2 peers, 10 rounds, all of them in each$/m)
    expect(text).toContain('sent with int8: 2.0 MB; the same rounds in float32: 8.1 MB, 4.07 times')
  })
})

describe('text', () => {
  it('aligns names to the left and numbers to the right', () => {
    const rows = [
      ['', 'a', 'bc'],
      ['peer', 'long', '1']
    ]
    expect(formatTable(rows)).toBe('      a     bc\npeer  long   1')
  })

  it('shortens bytes and shares', () => {
    expect([0, 999, 1_000, 1_234_567, 5e15].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.2 MB',
      '5000.0 TB'
    ])
    expect(percent(0.9655)).toBe('96.55 %')
  })
})
