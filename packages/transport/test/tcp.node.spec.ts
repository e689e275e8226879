import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { afterAll } from 'vitest'
import { hostilePeers } from './support/hostile.ts'
import { createDuo, MAX_IN_FLIGHT } from './support/nodes.ts'
import { tcpNetwork } from './support/tcp.ts'

const duo = createDuo(tcpNetwork)
afterAll(() => duo.stop())

channelConformance('TCP', { connect: () => duo.channel(), maxInFlight: MAX_IN_FLIGHT })
connectorConformance('TCP', { connect: () => duo.connectorPair() })
hostilePeers('TCP', duo)
