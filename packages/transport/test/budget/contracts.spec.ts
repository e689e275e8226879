import type { Channel } from '@daa-compute/interface'
import { channelConformance } from '@daa-compute/testing'
import { type Capped, createCapped, wait } from './support.ts'

const caps = { uploadBitsPerSecond: 400e6, downloadBitsPerSecond: 400e6 }
let capped: Capped = createCapped(caps)

const hooks = {
  drive: <T>(work: Promise<T>) => capped.simnet.run(() => work),
  pause: () => wait(capped.simnet.clock, 10),
  maxInFlight: 4 * 2 ** 20
}

for (const [name, isNear] of [
  ['capped at the near end', true],
  ['capped at the far end', false]
] as const) {
  channelConformance(name, {
    ...hooks,
    async connect() {
      capped = createCapped(caps)
      const { near, far }: { near: Channel; far: Channel } = await capped.open('/test/channel/1')
      return {
        near: isNear ? near : far,
        far: isNear ? far : near,
        async dispose() {
          capped.near.crash()
          capped.far.crash()
        }
      }
    }
  })
}
