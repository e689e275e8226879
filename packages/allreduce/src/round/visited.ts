import { MAX_KEPT_DECISIONS } from '../constants.ts'
import { type Configuration, isLater } from './consensus/configuration.ts'

type Where = Pick<Configuration, 'key' | 'sequence' | 'attempt'>

/**
 * The configurations that this peer has been in. One that was left is never entered
 * again, for what was promised in it is forgotten.
 */
export class Visited {
  /** The last one of each lineage. */
  readonly #latest = new Map<string, Where>()
  /** The one before the present, of the same lineage. */
  #before: Where | undefined
  /** The sequence at which lineages were founded with this peer in them. */
  readonly #founded = new Map<string, number>()
  /** Keys of configurations that were none. */
  readonly #disowned = new Set<string>()
  /** Lineages it was in before its caller counted a round of another. */
  #renounced: ReadonlySet<string> = new Set()

  /** Whether it has not been in the configuration, or in a later one of the lineage. */
  mayOpen(config: Configuration): boolean {
    if (this.#disowned.has(config.key)) return false
    const latest = this.#latest.get(config.lineage)
    return latest === undefined || isLater(config, latest)
  }

  opened(config: Configuration, isFounded: boolean): void {
    const { lineage, sequence } = config
    this.#before = this.#latest.get(lineage)
    this.#latest.set(lineage, config)
    if (isFounded) this.#founded.set(lineage, sequence)
  }

  /** Whether it is the last of its lineage that this peer was in, by its key. */
  isLatest(key: string): boolean {
    for (const latest of this.#latest.values()) if (latest.key === key) return true
    return false
  }

  /** Whether nobody can have counted a round of the lineage yet, unless this peer has. */
  isNew({ lineage, sequence }: Configuration): boolean {
    return sequence === 0 || this.#founded.get(lineage) === sequence
  }

  /** Nobody else is in the configuration: earlier ones of its lineage may be entered again. */
  disown({ key, lineage }: Configuration): void {
    this.#disowned.add(key)
    if (this.#before === undefined) this.#latest.delete(lineage)
    else this.#latest.set(lineage, this.#before)
    const [oldest] = this.#disowned
    if (this.#disowned.size > MAX_KEPT_DECISIONS && oldest !== undefined) {
      this.#disowned.delete(oldest)
    }
  }

  /** The caller has counted a round of a lineage: it has not followed the others it was in. */
  renounceOthers(lineage: string): void {
    const others = [...this.#latest.keys()].filter((other) => other !== lineage)
    this.#renounced = new Set(others)
  }

  /** Whether the caller's values are of another lineage, for which it has given this one up. */
  hasRenounced({ lineage }: Configuration): boolean {
    return this.#renounced.has(lineage)
  }
}
