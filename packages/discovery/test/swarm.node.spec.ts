import { expect, onTestFinished, test } from 'vitest'
import { bootstrap, createBroadcast, type PubsubNode, relayRuns, runTopic } from '../src/index.ts'
import { addressOf, connected, heard, joinRun, shows, startNodes } from './support/nodes.ts'
import { countingMetrics } from './support/sim.ts'

const RUN = 'mnist'
const TOPIC = runTopic(RUN)

/** What a machine with other things to do may take longer, ms. */
const MARGIN_MS = 3_000

function without(nodes: readonly PubsubNode[], i: number): PubsubNode[] {
  return nodes.filter((_, j) => j !== i)
}

test('peers that know nobody but the first find each other, and can dial by peer id', async () => {
  const nodes = await startNodes(5)
  const [first, second, , , last] = nodes as [
    PubsubNode,
    PubsubNode,
    PubsubNode,
    PubsubNode,
    PubsubNode
  ]
  const at = performance.now()
  const directories = nodes.map((node) => joinRun(node, RUN))
  await Promise.all(without(nodes, 0).map((node) => bootstrap(node, [addressOf(first)])))
  await Promise.all(directories.map((directory, i) => shows(directory, without(nodes, i))))
  const elapsed = performance.now() - at
  // some 300 ms on a quiet machine; the promise is two seconds
  expect(elapsed).toBeLessThan(2_000 + MARGIN_MS)

  expect(second.getConnections(last.peerId)).toHaveLength(0)
  const connection = await second.dial(last.peerId)
  expect(connection.remotePeer.equals(last.peerId)).toBe(true)
})

test('a polite leave is seen through the relay, a later return too', async () => {
  const nodes = await startNodes(3)
  const [first, second, third] = nodes as [PubsubNode, PubsubNode, PubsubNode]
  const [atFirst, atSecond, atThird] = [
    joinRun(first, RUN),
    joinRun(second, RUN),
    joinRun(third, RUN)
  ]
  await bootstrap(second, [addressOf(first)])
  await bootstrap(third, [addressOf(first)])
  await Promise.all([shows(atFirst, [second, third]), shows(atSecond, [first, third])])
  await atThird.stop()
  await Promise.all([shows(atFirst, [second]), shows(atSecond, [first])])
  const again = joinRun(third, RUN)
  await Promise.all([
    shows(atFirst, [second, third]),
    shows(atSecond, [first, third]),
    shows(again, [first, second])
  ])
})

test('a good-bye arrives although the node stops right after it', async () => {
  const nodes = await startNodes(3)
  const [first, second, third] = nodes as [PubsubNode, PubsubNode, PubsubNode]
  const atSecond = joinRun(second, RUN)
  joinRun(first, RUN)
  const atThird = joinRun(third, RUN)
  await bootstrap(second, [addressOf(first)])
  await bootstrap(third, [addressOf(first)])
  await Promise.all([shows(atSecond, [first, third]), shows(atThird, [first, second])])
  await atThird.stop()
  await third.stop()
  await shows(atSecond, [first])
})

test('a node outside of the run relays it when asked to, and forgets it afterwards', async () => {
  const nodes = await startNodes(3)
  const [hub, second, third] = nodes as [PubsubNode, PubsubNode, PubsubNode]
  const stop = relayRuns({ libp2p: hub, broadcast: createBroadcast({ libp2p: hub }), maxRuns: 1 })
  onTestFinished(stop)
  const atSecond = joinRun(second, RUN)
  const atThird = joinRun(third, RUN)
  await bootstrap(second, [addressOf(hub)])
  await bootstrap(third, [addressOf(hub)])
  await Promise.all([shows(atSecond, [third]), shows(atThird, [second])])
  expect(hub.services.pubsub.getTopics()).toEqual([TOPIC])

  // there is no room for another run, nor are other topics its business
  const unsubscribed = heard(hub, 'subscription-change')
  second.services.pubsub.subscribe('/elsewhere')
  second.services.pubsub.subscribe(runTopic('another'))
  await unsubscribed
  expect(hub.services.pubsub.getTopics()).toEqual([TOPIC])
  second.services.pubsub.unsubscribe(runTopic('another'))

  await Promise.all([atSecond.stop(), third.stop()])
  while (hub.services.pubsub.getTopics().length > 0) await heard(hub, 'gossipsub:heartbeat')
})

test('garbage on the topic is counted and touches nobody', async () => {
  const nodes = await startNodes(3)
  const [first, second, liar] = nodes as [PubsubNode, PubsubNode, PubsubNode]
  const { metrics, values } = countingMetrics()
  const atFirst = joinRun(first, RUN, { metrics })
  const atSecond = joinRun(second, RUN)
  await bootstrap(second, [addressOf(first)])
  await bootstrap(liar, [addressOf(first)])
  await connected(liar, TOPIC)
  const garbage = Array.from({ length: 20 }, (_, i) => new Uint8Array(i * 7).fill(i))
  for (const bytes of garbage) await liar.services.pubsub.publish(TOPIC, bytes)
  await liar.services.pubsub.publish(TOPIC, new Uint8Array(8193))
  const joined = joinRun(liar, RUN)
  await Promise.all([
    shows(atFirst, [second, liar]),
    shows(atSecond, [first, liar]),
    shows(joined, [first, second])
  ])
  expect(values.get('daa_discovery_received_total malformed')).toBe(garbage.length)
})
