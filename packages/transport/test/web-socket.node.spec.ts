import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { afterAll } from 'vitest'
import { createDuo, MAX_IN_FLIGHT } from './support/nodes.ts'
import { webSocketNetwork } from './support/tcp.ts'

const duo = createDuo(webSocketNetwork)
afterAll(() => duo.stop())

channelConformance('WebSocket', { connect: () => duo.channel(), maxInFlight: MAX_IN_FLIGHT })
connectorConformance('WebSocket', { connect: () => duo.connectorPair() })
