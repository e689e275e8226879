import { expect, test } from 'vitest'
import { discoveryPreset } from '../src/index.ts'

test('a browser that is to look for peers by multicast DNS is told that it cannot', () => {
  expect(() => discoveryPreset({ mdns: true })).toThrow(
    expect.objectContaining({ name: 'DiscoveryError', code: 'MDNS_UNSUPPORTED' })
  )
  expect(discoveryPreset({ mdns: false }).peerDiscovery).toEqual([])
})
