import { MessageChannel } from 'node:worker_threads'
import { BucketError, RoundError } from '@daa-compute/allreduce'
import { createCodec, CodecError } from '@daa-compute/compression'
import { DaaError } from '@daa-compute/interface'
import { IdentityError, identityFromSeed, RefusalError } from '@daa-compute/transport'
import { afterEach, describe, expect, it } from 'vitest'
import { findUnportable, fromData, toData } from '../src/thread/crossing.ts'
import { type CallHandlers, createLink, type Link, MAX_UNREAD } from '../src/thread/link.ts'

/** To another thread and back: what is no data does not survive it. */
function cross(value: unknown): unknown {
  return fromData(structuredClone(toData(value)))
}

describe('an error that crosses', () => {
  it.each([
    new RoundError('LEFT', 'the run was left', { run: 'x' }),
    new BucketError('BAD_TENSOR', 'no tensor', { tensor: 'a', actual: 'Array' }),
    new CodecError('BAD_PARAMETER', 'no such parameter', { name: 'x', parameter: 'y' }),
    new TypeError('no type'),
    new RangeError('out of range', { cause: new Error('within') })
  ])('is of its class, with all that it has: %o', (error) => {
    const arrived = cross(error) as Error
    expect(arrived.constructor).toBe(error.constructor)
    expect(arrived).toEqual(error)
    expect(arrived.stack).toBe(error.stack)
  })

  it('is one of its package, by its name, or at least a DaaError', async () => {
    const fromIdentity = await identityFromSeed(new Uint8Array(1)).catch((e: unknown) => e)
    expect(cross(fromIdentity)).toBeInstanceOf(IdentityError)
    expect(cross(await createCodec('none').catch((e: unknown) => e))).toBeInstanceOf(CodecError)
    const refusal = new RefusalError('IDLE', 'idle', { peer: 'x' as never, limitMs: 5 })
    expect(cross({ error: refusal })).toMatchObject({ error: { detail: { limitMs: 5 } } })
    class OwnError extends DaaError<{ OWN: { a: number } }, 'OWN'> {
      override readonly name = 'OwnError'
    }
    const own = cross(new OwnError('OWN', 'own', { a: 1 }))
    expect(own).toBeInstanceOf(DaaError)
    expect(own).toMatchObject({ name: 'OwnError', code: 'OWN', detail: { a: 1 } })
  })

  it('may hold others, be of the platform, and lead back to itself', () => {
    const system = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const all = cross(new AggregateError([system, new SyntaxError('b')], 'both')) as AggregateError
    expect(all).toBeInstanceOf(AggregateError)
    expect(all.errors).toMatchObject([{ code: 'ECONNREFUSED' }, { message: 'b' }])
    expect(all.errors[1]).toBeInstanceOf(SyntaxError)
    const abort = cross(AbortSignal.abort().reason)
    expect(abort).toBeInstanceOf(DOMException)
    expect(abort).toMatchObject({ name: 'AbortError' })
    const loop = new Error('loop')
    loop.cause = { loop }
    expect(cross(loop)).toMatchObject({ message: 'loop', cause: { loop: 'Error: loop' } })
  })
})

describe('a value that crosses', () => {
  it('is the same data, with shared memory shared', () => {
    const shared = new Float32Array(new SharedArrayBuffer(8))
    const value = { a: [1, 'b', null, undefined, 2n], bytes: new Uint8Array([1]), shared }
    expect(cross(value)).toEqual(value)
    const arrived = cross(value) as typeof value
    arrived.shared[1] = 7
    expect(shared[1]).toBe(7)
    const odd = JSON.parse('{ "__proto__": { "polluted": 1 } }') as object
    expect(Object.keys(cross(odd) as object)).toEqual(['__proto__'])
  })

  it('is a text where it is no data', () => {
    const told = cross({
      call: () => 1,
      symbol: Symbol('x'),
      url: new URL('http://a/'),
      map: new Map()
    })
    expect(told).toEqual({
      call: '() => 1',
      symbol: 'Symbol(x)',
      url: 'http://a/',
      map: '[object Map]'
    })
    let deep: unknown = 'end'
    for (let i = 0; i < 100; i++) deep = [deep]
    expect(JSON.stringify(cross(deep)).length).toBeLessThan(100)
  })

  it('is known to be none beforehand', () => {
    expect(findUnportable({ a: [{ b: 1, c: new Uint8Array(1) }] }, '')).toBeUndefined()
    expect(findUnportable({ a: [{ b: () => 1 }] }, '')).toBe('a.0.b')
    expect(findUnportable(new Map(), 'x')).toBe('x')
  })
})

type Working = {
  echo: { args: unknown; result: unknown }
  wait: { args: undefined; result: undefined }
  notes: { args: number; result: undefined }
}
type Saying = { word: string }

describe('a link', () => {
  const links: Pick<Link<Working, Saying>, 'close'>[] = []

  afterEach(() => {
    for (const link of links.splice(0)) link.close(new Error('the test is over'))
  })

  function createPair(work: Partial<CallHandlers<Working>> = {}) {
    const words: string[] = []
    const { port1, port2 } = new MessageChannel()
    const worker = createLink<Record<never, never>, Saying, Working, Record<never, never>>({
      port: port1,
      tells: {},
      calls: {
        echo: async (args) => args,
        wait: async (_, { signal }) =>
          await new Promise<undefined>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          }),
        notes: async (count, { note }) => {
          for (let i = 0; i < count; i++) note(i)
          return undefined
        },
        ...work
      }
    })
    const caller = createLink<Working, Record<never, never>, Record<never, never>, Saying>({
      port: port2,
      calls: {},
      tells: { word: (word) => void words.push(word) }
    })
    links.push(worker, caller)
    return { worker, caller, words }
  }

  it('answers each call with its own answer, after its notes', async () => {
    const { caller, words, worker } = createPair()
    const notes: unknown[] = []
    worker.tell('word', 'first')
    const answers = await Promise.all([
      caller.call('echo', 1),
      caller.call('echo', { a: 2 }),
      caller.call('notes', 3, { onNote: (note) => notes.push(note) })
    ])
    expect(answers).toEqual([1, { a: 2 }, undefined])
    expect(notes).toEqual([0, 1, 2])
    expect(words).toEqual(['first'])
  })

  it('gives back the very reason of a signal, wherever it is in the error', async () => {
    const { caller } = createPair({
      echo: async (_, { signal }) => {
        throw new Error('it was aborted', { cause: signal.reason })
      }
    })
    const gone = new AbortController()
    const waiting = caller.call('wait', undefined, { signal: gone.signal })
    const reason = new Error('enough')
    gone.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    const error = await caller
      .call('echo', 1, { signal: gone.signal })
      .catch((cause: unknown) => cause)
    expect((error as Error).cause).toBe(reason)
  })

  it('says when the other end does not read, and again when it does', async () => {
    const { worker, caller, words } = createPair()
    for (let i = 0; i < MAX_UNREAD; i++) {
      expect(worker.hasRoom).toBe(true)
      worker.tell('word', `${i}`)
    }
    expect(worker.hasRoom).toBe(false)
    await caller.call('echo', undefined)
    // what acknowledges them comes before the next call
    await caller.call('echo', undefined)
    expect(words).toHaveLength(MAX_UNREAD)
    expect(worker.hasRoom).toBe(true)
  })

  it('rejects what is waited for, and what comes later, when it is closed', async () => {
    const { worker, caller } = createPair()
    const waiting = caller.call('wait', undefined)
    const error = new Error('over')
    caller.close(error)
    caller.close(new Error('twice'))
    await expect(waiting).rejects.toBe(error)
    await expect(caller.call('echo', 1)).rejects.toBe(error)
    worker.tell('word', 'to nobody')
  })
})
