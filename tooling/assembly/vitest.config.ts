import { preset } from '@daa-compute/vitest'

export default preset()
