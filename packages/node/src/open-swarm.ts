import {
  connectDirectory,
  createRunDirectory,
  type PubsubNode,
  requireCapabilities,
  type RunDirectory,
  wallClockIncarnation
} from '@daa-compute/discovery'
import { type Broadcast, type Connector, type PeerId, peerId } from '@daa-compute/interface'
import { type Identity, systemClock, systemRandom } from '@daa-compute/transport'
import { admissionOf } from './admission.ts'
import { type CheckedRun, checkRun } from './checked-run.ts'
import type { JoinOptions, SwarmConfig } from './config.ts'

/** What of a node its runs are made of. */
export interface RunParts {
  readonly config: SwarmConfig
  /** Codec of runs that don't choose their own. */
  readonly codec: string
  readonly identity: Identity
  readonly libp2p: PubsubNode
  readonly connector: Connector
  readonly broadcast: Broadcast
}

/** The peers of a run or a grid: who may be in it, and who is. */
export interface OpenSwarm {
  readonly checked: CheckedRun
  readonly directory: RunDirectory
  /** Takes back the announcement and ends what else there is. Idempotent. */
  release(): Promise<void>
}

/**
 * Decides who may be in a run, announces this peer and looks for the others.
 *
 * @param forget is called when the run is over for this node
 */
export async function openSwarm(
  parts: RunParts,
  runId: string,
  { admission, filter }: Pick<JoinOptions, 'admission' | 'filter'>,
  forget: () => void
): Promise<OpenSwarm> {
  const { config, identity, libp2p, connector, broadcast } = parts
  const { logger, metrics } = config
  const checked = await checkRun({
    run: runId,
    connector,
    broadcast,
    admission: await admissionOf(admission ?? config.admission, runId, identity.peer),
    metrics,
    logger
  })
  let directory: RunDirectory
  try {
    directory = announce(parts, runId, filter)
  } catch (error) {
    await checked.stop()
    throw error
  }
  const disconnectDirectory = connectDirectory(libp2p, directory, { logger })
  let released: Promise<void> | undefined
  const release = (): Promise<void> => {
    forget()
    disconnectDirectory()
    released ??= Promise.all([directory.stop(), checked.stop()]).then(() => undefined)
    return released
  }
  return { checked, directory, release }
}

function announce(
  { config, libp2p, broadcast }: RunParts,
  runId: string,
  filter: JoinOptions['filter']
): RunDirectory {
  const { logger, metrics, capabilities = {} } = config
  const peer: PeerId = peerId(libp2p.peerId.toString())
  return createRunDirectory({
    runId,
    incarnation: wallClockIncarnation(),
    self: () => ({ peer, addresses: libp2p.getMultiaddrs().map(String), capabilities }),
    broadcast,
    clock: systemClock,
    random: systemRandom,
    filter: typeof filter === 'object' ? requireCapabilities(filter) : filter,
    metrics,
    logger
  })
}
