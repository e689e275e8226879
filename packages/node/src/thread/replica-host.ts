import type { ReplicaEvents, RoundValues } from '@daa-compute/state'
import type { RunReplica } from '../replicate.ts'
import type { JoinedRun } from '../run-of-node.ts'
import type { CallerLink } from './caller-link.ts'
import type { CallContext } from './link.ts'
import type {
  NetworkCalls,
  PortableReplicaOptions,
  ReplicaEvent,
  ReplicaHandle
} from './protocol.ts'

type StepCall = NetworkCalls['step']

/** A replica on the network's thread: its tensors are shared with the caller's, which changes them. */
export interface HostedReplica {
  readonly replica: RunReplica<RoundValues>
  step(
    values: RoundValues,
    options: StepCall['args']['options'],
    context: Pick<CallContext, 'signal'> & {
      readonly onProgress: ((done: number, total: number) => void) | undefined
    }
  ): Promise<StepCall['result']>
}

const EVENT_NAMES: Readonly<Record<keyof ReplicaEvents, true>> = {
  behind: true,
  level: true,
  merge: true,
  'donor:dropped': true,
  'joiner:served': true,
  'joiner:released': true
}
const EVENTS = Object.keys(EVENT_NAMES) as (keyof ReplicaEvents)[]

/** Makes a replica whose `apply` is the caller's. */
export async function hostReplica(
  run: JoinedRun,
  handle: ReplicaHandle,
  options: PortableReplicaOptions,
  link: CallerLink
): Promise<HostedReplica> {
  const replica = await run.replicate<RoundValues>({
    ...options,
    apply: async (values, round) => {
      await link.call('apply', { replica: handle, values, round })
    }
  })
  const tellRevision = (): void =>
    link.tell('revision', { replica: handle, revision: replica.revision })
  for (const name of EVENTS) {
    replica.on(name, (event) => {
      tellRevision()
      link.tell('replicaEvent', { replica: handle, event: { name, event } as ReplicaEvent })
    })
  }
  return {
    replica,
    async step(values, given, context) {
      try {
        const { values: _, ...rest } = await replica.step(values, { ...given, ...context })
        return rest
      } finally {
        tellRevision()
      }
    }
  }
}
