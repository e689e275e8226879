import { describe } from 'vitest'
import { nodeSuite } from './node-suite.ts'

describe('a node', () => {
  nodeSuite({ thread: false })
})
