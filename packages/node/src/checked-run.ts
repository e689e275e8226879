import { runTopic } from '@daa-compute/discovery'
import type { Admission, Broadcast, Connector, Logger, Metrics } from '@daa-compute/interface'
import {
  type AdmittingConnector,
  createAdmittingConnector,
  type MembershipAdmission,
  spreadRevocations,
  systemClock,
  systemRandom
} from '@daa-compute/transport'
import { NodeError } from './errors.ts'

/** What {@link checkRun} takes. */
export interface CheckedRunInit {
  readonly run: string
  readonly connector: Connector
  readonly broadcast: Broadcast
  readonly admission: Admission
  readonly metrics?: Metrics | undefined
  readonly logger?: Logger | undefined
}

/** A run whose channels lead to peers that may be in it, and to no others. */
export interface CheckedRun {
  readonly connector: AdmittingConnector
  /** @throws {NodeError} `NO_OWNER`; {@link AdmissionError} `BAD_STATEMENT` */
  revoke(revocation: string): Promise<boolean>
  /** @throws {NodeError} `NO_OWNER`; {@link AdmissionError} `BAD_STATEMENT`, `TOKEN_REFUSED` */
  renew(token: string): Promise<void>
  stop(): Promise<void>
}

/** Puts admission between a run and the node's connector. */
export async function checkRun(init: CheckedRunInit): Promise<CheckedRun> {
  const { run, connector, broadcast, admission, metrics, logger } = init
  const membership = isMembership(admission) ? admission : undefined
  const [clock, random] = [systemClock, systemRandom]
  const checked = createAdmittingConnector({
    connector,
    run,
    admission,
    clock,
    random,
    metrics,
    logger
  })
  const introduction = `/daa/admission/${encodeURIComponent(run)}`
  await checked.accept(introduction, (channel) => {
    channel.close().catch(() => undefined)
  })
  const spread =
    membership === undefined
      ? undefined
      : spreadRevocations({
          admission: membership,
          broadcast,
          // below the run's own topic, so that who relays the one relays the other
          topic: `${runTopic(run)}/revocations/1`,
          clock,
          random,
          metrics,
          logger
        })
  return {
    connector: checked,
    async revoke(revocation) {
      const isNew = await ownedBy(membership, run).revoke(revocation)
      if (isNew) spread?.publish()
      return isNew
    },
    async renew(token) {
      await ownedBy(membership, run).renew(token)
      await checked.introduceAgain(introduction)
    },
    async stop() {
      spread?.stop()
      await checked.stop()
    }
  }
}

function ownedBy(membership: MembershipAdmission | undefined, run: string): MembershipAdmission {
  if (membership !== undefined) return membership
  throw new NodeError(
    'NO_OWNER',
    `the run ${run} has no owner who issues tokens: join it with { admission: { owner, token } }`,
    { run }
  )
}

function isMembership(admission: Admission): admission is MembershipAdmission {
  return 'revoke' in admission && 'renew' in admission
}
