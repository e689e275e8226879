import type { Hasher, PeerId, SignatureVerifier } from '@daa-compute/interface'
import type { Mesh } from '../../mesh/mesh.ts'
import { ballotPaper } from './ballot-paper.ts'
import { configurationAfter, hasQuorum } from './chain.ts'
import { quorumOf } from './configuration.ts'
import type { DecidedMessage, VoteMessage } from '../wire/messages.ts'

export interface ProverInit {
  readonly run: string
  readonly hasher: Hasher
  readonly mesh: Pick<Mesh, 'drop'>
  /** `undefined`: votes are worth what the channel they come by is worth. */
  readonly verifier: SignatureVerifier | undefined
}

/** Checks signatures where they matter, which is not on the way of a steady round. */
export class Prover {
  readonly #init: ProverInit
  readonly #checked = new Set<string>()

  constructor(init: ProverInit) {
    this.#init = init
  }

  /**
   * Calls back when a vote may be counted. The channel says whose it is; the signature
   * is for others, who may have to be shown it. In ballot 0 that it is good is checked once
   * in a process life, and nobody waits for it. A decision of a later ballot may be all that
   * some members hear, and of no use where one of few votes proves nothing: there each
   * vote is checked before it counts.
   */
  checkVote(peer: PeerId, incarnation: string, vote: VoteMessage, counts: () => void): void {
    const { verifier, run, mesh } = this.#init
    const life = `${peer}/${incarnation}`
    const isUrgent = vote.ballot === 0
    if (verifier === undefined || (isUrgent && this.#checked.has(life))) return counts()
    this.#checked.add(life)
    if (isUrgent) counts()
    void verifier
      .verify(peer, ballotPaper(run, incarnation, vote), vote.signature)
      .then((isGood) => {
        if (!isGood) mesh.drop(peer, 'its vote has a bad signature')
        else if (!isUrgent) counts()
      })
  }

  /**
   * Calls back once it is sure that a quorum has voted for a decision; at once if
   * the run signs nothing. One that is not sure is not believed; who passes it on may
   * have been deceived itself.
   *
   * @throws {TypeError} when it does not even name a quorum
   */
  checkDecision(message: DecidedMessage, proved: () => void): void {
    if (!hasQuorum(message)) throw new TypeError('a decision without a quorum')
    const { verifier } = this.#init
    if (verifier === undefined) return proved()
    void this.#isProved(verifier, message).then((isProved) => {
      if (isProved) proved()
    })
  }

  async #isProved(verifier: SignatureVerifier, message: DecidedMessage): Promise<boolean> {
    const { run, hasher } = this.#init
    const { voters, votes, ballot, proposal, sequence, attempt, configuration } = message
    const { kind, result } = proposal
    const next = configurationAfter(run, message, hasher).digest
    const vote = { sequence, attempt, configuration, ballot, kind, result, next }
    const checked = await Promise.all(
      votes.map(async ({ rank, signature }) => {
        const voter = voters[rank]
        if (voter === undefined) return false
        const paper = ballotPaper(run, voter.incarnation, vote)
        return await verifier.verify(voter.peer, paper, signature)
      })
    )
    const good = new Set(votes.filter((_, i) => checked[i] === true).map(({ rank }) => rank))
    return good.size >= quorumOf(voters.length)
  }
}
