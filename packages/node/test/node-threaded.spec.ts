import { describe } from 'vitest'
import { nodeSuite } from './node-suite.ts'

describe('a node with its network on a thread of its own', () => {
  nodeSuite({ thread: true })
})
