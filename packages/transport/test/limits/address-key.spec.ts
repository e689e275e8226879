import { describe, expect, it } from 'vitest'
import { addressKey } from '../../src/limits/address-key.ts'

describe('the source of a connection', () => {
  it.each([
    ['/ip4/192.0.2.7/tcp/4001', '192.0.2.7'],
    ['/ip4/192.0.2.7/udp/4001/webrtc-direct', '192.0.2.7'],
    ['/ip6/2001:db8:1:2:3:4:5:6/tcp/4001/ws', '2001:db8:1:2::/64'],
    ['/ip6/2001:db8:1:2::1/tcp/1', '2001:db8:1:2::/64'],
    ['/ip6/2001:0DB8:0001:0002::/tcp/1', '2001:db8:1:2::/64'],
    ['/ip6/2001:db8::5/tcp/1', '2001:db8:0:0::/64'],
    ['/ip6/::1/tcp/1', '0:0:0:0::/64'],
    ['/ip6/fe80::1%eth0/tcp/1', 'fe80:0:0:0::/64'],
    ['/ip6/::ffff:192.0.2.7/tcp/4001', '192.0.2.7'],
    ['/ip6/::ffff:c000:207/tcp/4001', '192.0.2.7'],
    ['/dns4/relay.example/tcp/443/p2p/12D3Koo/p2p-circuit', 'relay.example']
  ])('%s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  it('is not there in memory', () => {
    for (const address of ['/memory/x', '', '/', '/p2p-circuit']) {
      expect(addressKey(address)).toBe(undefined)
    }
  })

  it.each(['1:2:3', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::1', '12345::', '::1.2.3'])(
    'is itself when it cannot be read: %s',
    (host) => {
      expect(addressKey(`/ip6/${host}/tcp/1`)).toBe(host)
    }
  )
})
