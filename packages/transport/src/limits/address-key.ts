/**
 * What counts as one source of connections: an IPv4 address, or the first 64
 * bits of an IPv6 one, which is the least that anybody is given (RFC 6177,
 * RFC 7421). A relayed connection counts for its relay, which limits its own
 * clients. An IPv4 address written as an IPv6 one (RFC 4291, 2.5.5.2) is itself.
 *
 * @param address a multiaddr
 * @returns `undefined` for what is not on a network, such as `/memory/…`
 */
export function addressKey(address: string): string | undefined {
  const [, family, host] = address.split('/')
  if (host === undefined) return undefined
  if (family === 'ip4') return host
  if (family === 'ip6') return networkOf(host)
  // a name, resolved elsewhere: dialled, or of a relay
  return family?.startsWith('dns') === true ? host : undefined
}

function networkOf(host: string): string {
  const groups = parseIpv6(host)
  if (groups === undefined) return host
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6)
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2), without its zone. */
function parseIpv6(text: string): number[] | undefined {
  const [plain = ''] = text.split('%')
  const [left = '', right, ...more] = plain.split('::')
  if (more.length > 0) return undefined
  const front = parseGroups(left)
  const back = parseGroups(right ?? '')
  const missing = 8 - front.length - back.length
  if (right === undefined ? missing !== 0 : missing < 0) return undefined
  const groups = [...front, ...Array<number>(missing).fill(0), ...back]
  return groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined
}

function parseGroups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [/^[\da-f]{1,4}$/i.test(group) ? parseInt(group, 16) : -1]
    const [a = -1, b = -1, c = -1, d = -1] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
