import { peerId } from '@daa-compute/interface'
import { expect, it } from 'vitest'
import { ChannelCounts } from '../../src/limits/channel-counts.ts'

const [alice, bob] = [peerId('alice'), peerId('bob')]

it('counts channels that are open, of each peer apart', () => {
  const counts = new ChannelCounts(2)
  const add = (peer = alice): unknown => counts.add(peer, '/test/1')?.code
  expect([add(), add(), add()]).toEqual([undefined, undefined, 'TOO_MANY_CHANNELS'])
  expect(add(bob)).toBe(undefined)
  // one place is free again, and no more than that
  counts.delete(alice)
  expect([add(), add()]).toEqual([undefined, 'TOO_MANY_CHANNELS'])
  counts.delete(alice)
  counts.delete(alice)
  expect([add(), add(), add()]).toEqual([undefined, undefined, 'TOO_MANY_CHANNELS'])
})
