import type { Clock, PeerId } from '@daa-compute/interface'
import { GRACE_MS } from '../constants.ts'
import type { Answer, Vouch } from '../protocol/messages.ts'
import type { DonorLink } from './donor-link.ts'
import { isCanonical, isQuorum, type Stateless, type Voice, wordsOf } from './quorum.ts'

type Reply = Extract<Answer, { readonly type: 'vouch' | 'no' }>
type No = Extract<Answer, { readonly type: 'no' }>

export interface VouchingInit {
  readonly clock: Clock
  readonly self: PeerId
  /** Ready ones, and those that may still become so. */
  readonly links: readonly { readonly link: DonorLink; readonly ready: Promise<unknown> }[]
  readonly ask: (link: DonorLink) => Promise<Reply>
  /** What this peer vouches for itself, if it has it. */
  readonly own: Promise<Vouch | undefined>
  /**
   * Of whom more than half have to agree as well, as far as they can be reached: those
   * who are known to stand behind the run. Whom a vouch names is for the one to say who
   * makes it, and who names itself alone is its own majority. Default: all who have a state
   */
  readonly electorate: readonly PeerId[] | undefined
  /** Whether it is about what was asked for. */
  readonly isFitting: (vouch: Vouch) => boolean
}

/** A question to all donors, and what more than half answer in the same words. */
export class Vouching {
  /** The canonical answer, as soon as there is one; `undefined` when there will be none. */
  readonly canonical: Promise<Vouch | undefined>
  /** Resolves when every donor has answered, or is gone. */
  readonly settled: Promise<unknown>
  readonly noes: (No & { readonly peer: PeerId })[] = []
  readonly #init: VouchingInit
  readonly #voices: (Voice & { readonly link?: DonorLink })[] = []
  readonly #resolve: (vouch: Vouch | undefined) => void
  #cancelGrace: (() => void) | undefined
  #words: string | undefined
  #onVoice: (link: DonorLink, isSame: boolean) => void = () => undefined

  constructor(init: VouchingInit) {
    this.#init = init
    const { promise, resolve } = Promise.withResolvers<Vouch | undefined>()
    this.canonical = promise
    this.#resolve = resolve
    const own = init.own.then((vouch) => {
      if (vouch !== undefined) this.#hear({ peer: init.self, vouch })
    })
    const asked = init.links.map(async ({ link, ready }) => {
      try {
        await ready
        const reply = await init.ask(link)
        if (reply.type === 'no') this.#refuse({ ...reply, peer: link.peer })
        else if (init.isFitting(reply.vouch)) {
          this.#hear({ peer: link.peer, vouch: reply.vouch, link })
        } else link.malformed('it vouches for what it was not asked for')
      } catch {
        // the link has failed, and whoever owns it was told why
      }
    })
    this.settled = Promise.allSettled([own, ...asked]).then(() => this.#end())
  }

  get voices(): readonly Voice[] {
    return this.#voices
  }

  get stateless(): Stateless {
    const noes = this.noes.filter(({ refusal }) => refusal === 'nothing')
    return new Set(noes.map(({ peer }) => peer))
  }

  /** Calls back for each donor that has vouched or does so later, and whether in the canonical words. */
  forEach(callback: (link: DonorLink, isSame: boolean) => void): void {
    this.#onVoice = callback
    for (const { link, vouch } of this.#voices) {
      if (link !== undefined) callback(link, wordsOf(vouch) === this.#words)
    }
  }

  #hear(voice: Voice & { readonly link?: DonorLink }): void {
    this.#voices.push(voice)
    const { vouch, link } = voice
    if (this.#words !== undefined) {
      if (link !== undefined) this.#onVoice(link, wordsOf(vouch) === this.#words)
    } else {
      this.#judge(vouch)
    }
  }

  #judge(vouch: Vouch): void {
    const { self } = this.#init
    const { stateless } = this
    if (!isCanonical(vouch, this.#voices, self, stateless)) return
    const words = wordsOf(vouch)
    const same = this.#voices.filter((voice) => wordsOf(voice.vouch) === words)
    const vouching = new Set(same.map(({ peer }) => peer))
    if (!isQuorum(this.#electorate(), vouching, self, stateless)) return
    this.#words = words
    this.#cancelGrace?.()
    this.#resolve(vouch)
  }

  /** Those who could say; whoever is found to be gone meanwhile cannot. */
  #electorate(): readonly PeerId[] {
    const { links, electorate, self } = this.#init
    const reachable = links.filter(({ link }) => !link.isOver).map(({ link }) => link.peer)
    if (electorate !== undefined) {
      const known = new Set(electorate)
      const some = reachable.filter((peer) => known.has(peer))
      // of those nobody is left, so it is for whoever is
      if (some.length > 0) return known.has(self) ? [...some, self] : some
    }
    return [...reachable, self]
  }

  /** Once most refuse, the rest is not waited for as long as it may take. */
  #refuse(no: No & { readonly peer: PeerId }): void {
    this.noes.push(no)
    // one less who could say
    if (no.refusal === 'nothing') this.#judgeAll()
    const { links, clock } = this.#init
    if (this.noes.length * 2 <= links.length || this.#words !== undefined) return
    this.#cancelGrace ??= clock.schedule(GRACE_MS, () => this.#end())
  }

  #end(): void {
    this.#cancelGrace?.()
    // some who did not agree are gone by now
    this.#judgeAll()
    this.#resolve(undefined)
  }

  #judgeAll(): void {
    for (const { vouch } of this.#voices) if (this.#words === undefined) this.#judge(vouch)
  }
}
