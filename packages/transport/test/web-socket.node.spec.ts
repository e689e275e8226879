import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { channelPair, connectorPair } from './support/nodes.ts'
import { webSocketNetwork } from './support/tcp.ts'

channelConformance('WebSocket', { connect: () => channelPair(webSocketNetwork) })
connectorConformance('WebSocket', { connect: () => connectorPair(webSocketNetwork) })
