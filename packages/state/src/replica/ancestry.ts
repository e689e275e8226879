/** Name of the tensor, among the state's own, that says which lineages it came through. */
export const ANCESTRY_NAME = 'daa:ancestry'

/** Lineages that are remembered: a swarm that forks more often forgets the oldest. */
const MAX_LINEAGES = 32

/** Hexadecimal digits of a lineage's name that are kept: 48 bits, exact in a float64. */
const DIGITS = 12

/** A lineage, and the first round that was counted in it. */
export interface Descent {
  /** The first {@link DIGITS} hexadecimal digits of its name, as a number. */
  readonly lineage: number
  readonly since: number
}

/** Where two states parted, and what each has counted since. */
export interface Parting {
  /** Sequence of the first round that only one of them counts. */
  readonly at: number
  readonly ours: number
  readonly theirs: number
}

/**
 * Through which lineages a state came, kept as a tensor of that state: so it is
 * the same at everybody, is vouched for and handed on with it, and whoever takes
 * over another's state can tell where the two parted.
 */
export class Ancestry {
  /** Pairs of a lineage and its first round, the oldest first; 0 and 0 where there is none. */
  readonly tensor: Float64Array<ArrayBuffer> = new Float64Array(2 * MAX_LINEAGES)

  /** A round counts; called where the state changes, before anything else. */
  note(lineage: string, sequence: number): void {
    const lineages = this.list()
    const name = lineageNumber(lineage)
    if (lineages.at(-1)?.lineage === name) return
    const kept = [...lineages, { lineage: name, since: sequence }].slice(-MAX_LINEAGES)
    this.tensor.fill(0)
    for (const [i, descent] of kept.entries()) {
      this.tensor[2 * i] = descent.lineage
      this.tensor[2 * i + 1] = descent.since
    }
  }

  list(): Descent[] {
    const lineages: Descent[] = []
    for (let i = 0; i < MAX_LINEAGES; i++) {
      const lineage = this.tensor[2 * i] ?? 0
      if (lineage === 0) break
      lineages.push({ lineage, since: this.tensor[2 * i + 1] ?? 0 })
    }
    return lineages
  }
}

/** The first digits of a lineage's name; never 0. */
export function lineageNumber(lineage: string): number {
  return Number.parseInt(lineage.slice(0, DIGITS), 16) || 1
}

/** As the first digits of a name. */
export function lineageText(lineage: number): string {
  return lineage.toString(16).padStart(DIGITS, '0')
}

/**
 * Where a state parted from another: behind the last lineage that both came through.
 *
 * @param sequence rounds that ours counts
 * @param otherSequence rounds that the other counts
 */
export function partingOf(
  ours: readonly Descent[],
  sequence: number,
  theirs: readonly Descent[],
  otherSequence: number
): Parting {
  const places = new Map(theirs.map(({ lineage }, place) => [lineage, place]))
  for (const [own, { lineage }] of [...ours.entries()].toReversed()) {
    const other = places.get(lineage)
    if (other === undefined) continue
    const ourEnd = ours[own + 1]?.since ?? sequence
    const theirEnd = theirs[other + 1]?.since ?? otherSequence
    const at = Math.min(ourEnd, theirEnd)
    return { at, ours: sequence - at, theirs: Math.max(0, otherSequence - at) }
  }
  return { at: 0, ours: sequence, theirs: otherSequence }
}
