import type { Admission, Channel, Clock, Metrics, PeerId } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '@daa-compute/simnet'
import { type AdmittingConnector, createAdmittingConnector } from '../../src/index.ts'

export const RUN = 'a run'
export const PROTOCOL = '/test/work/1'

/** A simulated peer that checks admission. */
export interface Member {
  readonly peer: SimPeer
  readonly id: PeerId
  readonly connector: AdmittingConnector
  /** Channels that others have opened and that were let in. */
  readonly accepted: Channel[]
  /** What was counted, by `outcome/cause`. */
  readonly counts: Record<string, number>
}

export interface MemberInit {
  readonly run?: string
  readonly admission: Admission
}

/** A network with a delay of 10 ms each way. */
export function network(init: Partial<SimnetInit> = {}): Simnet {
  return createSimnet({ seed: 1, latencyMs: 10, ...init })
}

/** Adds a peer that accepts {@link PROTOCOL}. */
export async function addMember(
  simnet: Simnet,
  name: string,
  { run = RUN, admission }: MemberInit
): Promise<Member> {
  const peer = simnet.addPeer(name)
  const counts: Record<string, number> = {}
  const connector = createAdmittingConnector({
    connector: peer.connector,
    run,
    admission,
    clock: peer.clock,
    random: peer.random,
    metrics: counting(counts)
  })
  const accepted: Channel[] = []
  await connector.accept(PROTOCOL, (channel) => accepted.push(channel))
  return { peer, id: peer.id, connector, accepted, counts }
}

/** Metrics that keep what `daa_admission_decisions_total` counts. */
function counting(counts: Record<string, number>): Metrics {
  const silent = { add: () => undefined, set: () => undefined, observe: () => undefined }
  return {
    counter: () => ({
      add(value, labels = {}) {
        const name = `${labels['outcome']}/${labels['cause']}`
        counts[name] = (counts[name] ?? 0) + value
      }
    }),
    gauge: () => silent,
    histogram: () => silent
  }
}

/** Lets virtual time pass. */
export function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve)
  })
}

/** Sends a frame from one to the other and back. */
export async function exchange(from: Member, to: Member): Promise<void> {
  const channel = await from.connector.open(to.id, PROTOCOL)
  await channel.send(Uint8Array.of(1, 2, 3))
  const frame = new Uint8Array(4)
  const answer = (async () => {
    while (to.accepted.length === 0) await wait(to.peer.clock, 1)
    const accepted = to.accepted.shift() as Channel
    frame.set((await accepted.receive()) ?? [])
    await accepted.send(frame)
  })()
  const received = await channel.receive()
  await answer
  if (received?.join() !== '1,2,3,0') throw new Error(`got ${received?.join()}`)
}

/** What a promise rejects with; `undefined` if it does not. */
export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error
  )
}
