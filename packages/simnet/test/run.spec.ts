import { describe, expect, it } from 'vitest'
import { createSimnet } from '../src/index.ts'

describe('run', () => {
  it('settles like its program', async () => {
    const { run } = createSimnet({ seed: 1 })
    expect(await run(async () => 'value')).toBe('value')
    const failure = new Error('of the program')
    await expect(run(() => Promise.reject(failure))).rejects.toBe(failure)
    await expect(
      run(() => {
        throw failure
      })
    ).rejects.toBe(failure)
  })

  it('goes on in the next run with what was planned', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    const rings: number[] = []
    clock.schedule(10, () => rings.push(clock.now()))
    await run(async () => {})
    expect(rings).toEqual([])
    await run(() => new Promise<void>((resolve) => clock.schedule(20, resolve)))
    expect(rings).toEqual([10])
    expect(clock.now()).toBe(20)
  })

  it('says who waits where when nothing is left that could happen', async () => {
    const simnet = createSimnet({ seed: 'stuck', latencyMs: 5 })
    const [a, b] = [simnet.addPeer('a'), simnet.addPeer('b')]
    const running = simnet.run(async () => {
      await b.connector.accept('/test/1', (channel) => void channel.receive())
      const channel = await a.connector.open(b.id, '/test/1')
      await channel.receive()
    })
    await expect(running).rejects.toMatchObject({
      name: 'SimnetError',
      code: 'DEADLOCK',
      detail: {
        seed: 'stuck',
        nowMs: 10,
        waits: [
          { peer: 'a', operation: 'receive', remote: 'b', protocol: '/test/1', sinceMs: 10 },
          { peer: 'b', operation: 'receive', remote: 'a', protocol: '/test/1', sinceMs: 5 }
        ]
      }
    })
    await expect(running).rejects.toThrow(/seed stuck.*a waits in receive on \/test\/1 with b/s)
  })

  it('does not wait for timers that were cancelled or whose peer is dead', async () => {
    const simnet = createSimnet({ seed: 1 })
    const a = simnet.addPeer('a')
    const rings: string[] = []
    await expect(
      simnet.run(() => {
        simnet.clock.schedule(1000, () => rings.push('cancelled'))()
        a.clock.schedule(1000, () => rings.push('dead'))
        a.crash()
        a.clock.schedule(1000, () => rings.push('scheduled by the dead'))
        return new Promise(() => {})
      })
    ).rejects.toMatchObject({ code: 'DEADLOCK', detail: { nowMs: 0 } })
    expect(rings).toEqual([])
  })

  it('ends a run that takes too long, by virtual time and by events', async () => {
    const tick = ({ clock }: ReturnType<typeof createSimnet>) =>
      new Promise<never>(() => {
        const again = (): void => void clock.schedule(1, again)
        again()
      })
    const slow = createSimnet({ seed: 1, maxVirtualMs: 50 })
    await expect(slow.run(() => tick(slow))).rejects.toMatchObject({
      code: 'TIME_LIMIT',
      detail: { limit: 50 }
    })
    expect(slow.clock.now()).toBe(50)
    const busy = createSimnet({ seed: 1, maxEvents: 20 })
    await expect(busy.run(() => tick(busy))).rejects.toMatchObject({
      code: 'EVENT_LIMIT',
      detail: { limit: 20 }
    })
    expect(busy.events).toBe(20)
  })

  it('fails with what a callback throws, as a process would', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    const failure = new Error('of a timer')
    await expect(
      run(() => {
        clock.schedule(1, () => {
          throw failure
        })
        return new Promise(() => {})
      })
    ).rejects.toBe(failure)
    expect(await run(async () => 'usable')).toBe('usable')
  })

  it('refuses a second run beside the first, and ends by its signal', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    const controller = new AbortController()
    const reason = new Error('enough')
    const endless = run(
      () =>
        new Promise(() => {
          const again = (): void => void clock.schedule(1, again)
          again()
          clock.schedule(10, () => controller.abort(reason))
        }),
      controller
    )
    await expect(run(async () => {})).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    await expect(endless).rejects.toBe(reason)
    await expect(run(async () => {}, controller)).rejects.toBe(reason)
  })

  it('refuses options it cannot work with', () => {
    for (const init of [
      { latencyMs: -1 },
      { latencyMs: NaN },
      { latencyMs: Infinity },
      { latencyMs: { min: 2, max: 1 } },
      { bandwidth: 0 },
      { bandwidth: NaN },
      { maxFrameLength: -1 },
      { maxFrameLength: 1.5 },
      { windowLength: 0 },
      { windowLength: Infinity },
      { maxVirtualMs: NaN },
      { maxEvents: -1 }
    ]) {
      expect(() => createSimnet({ seed: 1, ...init }), JSON.stringify(init)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' })
      )
    }
  })
})
