import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { channelPair, connectorPair, memoryNetwork } from './support/nodes.ts'

channelConformance('memory', { connect: () => channelPair(memoryNetwork) })
connectorConformance('memory', { connect: () => connectorPair(memoryNetwork) })
