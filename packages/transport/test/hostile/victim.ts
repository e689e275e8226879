import { expect } from 'vitest'
import type { Channel } from '@daa-compute/interface'
import { tcpPreset } from '../../src/index.ts'
import type { RefusalErrorDetails, TransportLimits, TransportPreset } from '../../src/index.ts'
import { startGuarded } from '../support/guarded.ts'
import type { GuardedNode } from '../support/guarded.ts'
import { createManualClock } from '../support/manual-clock.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { eventually } from '../support/eventually.ts'

const ECHO = '/test/echo/1'

/** A node that is attacked, and an honest peer that it has to serve meanwhile. */
export interface Victim extends GuardedNode {
  readonly clock: ManualClock
  /** Where it listens. */
  readonly port: number
  readonly host: string
  /** A new connection of the honest peer is opened and answered. */
  serves(): Promise<void>
  /** Waits until so many were refused for the reason, and for no other one. */
  refused(reason: keyof RefusalErrorDetails, count?: number): Promise<void>
}

/** Starts a victim whose limits decide by a clock that stands still. */
export async function startVictim(
  limits: Partial<TransportLimits> = {},
  preset: () => TransportPreset = tcpPreset,
  ...addresses: string[]
): Promise<Victim> {
  const clock = createManualClock()
  const listen = addresses.length > 0 ? addresses : ['/ip4/127.0.0.1/tcp/0']
  const victim = await startGuarded({ preset: preset(), listen, limits, clock })
  const honest = await startGuarded({ preset: preset() })
  await victim.connector.accept(ECHO, (channel) => {
    // its end is the test's
    echo(channel).catch(() => {})
  })
  const reached = victim.libp2p.getMultiaddrs()
  const [, , host = '', , port = ''] = String(reached[0]).split('/')
  return {
    ...victim,
    clock,
    host,
    port: Number(port),
    async serves() {
      const connection = await honest.libp2p.dial(reached)
      const channel = await honest.connector.open(victim.connector.self, ECHO)
      await channel.send(Uint8Array.of(1, 2, 3))
      expect(await channel.receive()).toEqual(Uint8Array.of(1, 2, 3))
      await channel.close()
      // which the other end may do first
      await connection.close().catch(() => {})
    },
    async refused(reason, count = 1) {
      await eventually(() => {
        expect(victim.refusals.map(({ code }) => code)).toEqual(Array(count).fill(reason))
      })
      const value = victim.metrics.value('daa_transport_refused_total', `reason=${reason}`)
      expect(value).toBe(count)
      for (const error of victim.refusals) expect(error.name).toBe('RefusalError')
    },
    async stop() {
      await honest.stop()
      await victim.stop()
      expect(clock.waiting).toBe(0)
    }
  }
}

async function echo(channel: Channel): Promise<void> {
  for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
    await channel.send(frame)
  }
}
