import { DiscoveryError } from '../errors.ts'
import type { localNetworkDiscovery as inNode } from './mdns.ts'

/** Stands in for `mdns.ts` where there are no UDP sockets. */
export const localNetworkDiscovery: typeof inNode = () => {
  throw new DiscoveryError(
    'MDNS_UNSUPPORTED',
    'browsers cannot look for peers by multicast DNS: leave mdns out, and give bootstrap addresses',
    {}
  )
}
