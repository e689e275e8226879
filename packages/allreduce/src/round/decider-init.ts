import type {
  Clock,
  Hasher,
  MemberBudget,
  PeerId,
  Random,
  SignatureVerifier,
  Signer
} from '@daa-compute/interface'
import type { Mesh } from '../mesh/mesh.ts'
import type { Arrange } from './attempt/derive-plan.ts'
import type { Configuration } from './consensus/configuration.ts'

/** What a decider needs. */
export interface QuorumDeciderInit {
  readonly run: string
  readonly self: PeerId
  readonly incarnation: string
  readonly mesh: Mesh
  readonly clock: Clock
  readonly random: Random
  readonly hasher: Hasher
  readonly signer: Signer | undefined
  readonly verifier: SignatureVerifier | undefined
  readonly minPeers: number
  /** What this peer gives to its groups, the same for its whole process life. */
  readonly budget: MemberBudget
  /** `undefined`: adapted to the run's rhythm. */
  readonly patienceMs: number | undefined
  readonly suspectAfterMs: number | undefined
  readonly quorumLossMs: number
  readonly onQuorumLoss: 'reject' | 'fork'
  /** @throws a typed error when a request cannot be carried out */
  readonly arrange: Arrange
  /** There is another configuration: another lineage, or other members. */
  moved(config: Configuration): void
  /** This peer is in no configuration any more: it may come back many rounds later. */
  unseated(): void
}
