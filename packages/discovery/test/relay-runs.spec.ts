import { describe, expect, it } from 'vitest'
import { type PubsubNode, relayRuns, runTopic } from '../src/index.ts'
import { MAX_WAITING_RUNS } from '../src/constants.ts'

/** A relay on a gossipsub in which the test says who subscribes, and the topics it relays. */
function setup(maxRuns: number): {
  readonly relayed: Set<string>
  subscribe(run: string): void
  unsubscribe(run: string): void
  heartbeat(): void
  stop(): void
} {
  const wanted = new Set<string>()
  const relayed = new Set<string>()
  const pubsub = Object.assign(new EventTarget(), {
    getSubscribers: (topic: string) => (wanted.has(topic) ? ['somebody'] : [])
  })
  const tell = (topic: string, subscribe: boolean): void => {
    const detail = { subscriptions: [{ topic, subscribe }] }
    pubsub.dispatchEvent(new CustomEvent('subscription-change', { detail }))
  }
  const stop = relayRuns({
    libp2p: { services: { pubsub } } as unknown as PubsubNode,
    broadcast: {
      maxMessageLength: 0,
      onSubscriber: () => () => undefined,
      publish: () => Promise.reject(new Error('a relay has nothing to say')),
      subscribe(topic) {
        relayed.add(topic)
        return () => void relayed.delete(topic)
      }
    },
    maxRuns
  })
  return {
    relayed,
    subscribe(run) {
      wanted.add(runTopic(run))
      tell(runTopic(run), true)
    },
    unsubscribe(run) {
      wanted.delete(runTopic(run))
      tell(runTopic(run), false)
    },
    heartbeat: () => void pubsub.dispatchEvent(new CustomEvent('gossipsub:heartbeat')),
    stop
  }
}

const topics = (...runs: readonly string[]): Set<string> => new Set(runs.map(runTopic))

describe('relayRuns', () => {
  it('relays a run it had no room for as soon as another one ends', () => {
    const { relayed, subscribe, unsubscribe, heartbeat, stop } = setup(2)
    for (const run of ['a', 'b', 'c', 'd', 'e']) subscribe(run)
    heartbeat()
    expect(relayed).toEqual(topics('a', 'b'))
    unsubscribe('a')
    unsubscribe('c')
    heartbeat()
    expect(relayed).toEqual(topics('b', 'd'))
    unsubscribe('b')
    unsubscribe('d')
    heartbeat()
    expect(relayed).toEqual(topics('e'))
    stop()
    heartbeat()
    expect(relayed).toEqual(new Set())
  })

  it('remembers a bounded number of runs that wait', () => {
    const { relayed, subscribe, unsubscribe, heartbeat } = setup(1)
    subscribe('first')
    for (let i = 0; i <= MAX_WAITING_RUNS; i++) subscribe(`run-${i}`)
    unsubscribe('first')
    for (let i = 0; i < MAX_WAITING_RUNS; i++) {
      heartbeat()
      expect(relayed).toEqual(topics(`run-${i}`))
      unsubscribe(`run-${i}`)
    }
    heartbeat()
    expect(relayed).toEqual(new Set())
  })
})
