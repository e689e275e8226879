import { NodeError } from './errors.ts'

/** The names of all fields of a type, none left out: a new one does not compile without. */
export type FieldNames<Type> = Readonly<Record<keyof Type, true>>

/**
 * Finds what would be passed over without a word: a field whose name is misspelt,
 * whose default then applies unseen.
 *
 * @param within where the object stands in the configuration, as `limits`; empty for all of it
 * @throws {NodeError} `BAD_CONFIG` for what is no object, `UNKNOWN_FIELD`
 */
export function checkFields(
  within: string,
  given: unknown,
  known: Readonly<Record<string, unknown>>
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const field = within === '' ? 'configuration' : within
    const names = Object.keys(known).join(', ')
    throw new NodeError('BAD_CONFIG', `${field} has to be an object, of ${names}`, {
      field,
      value: undefined
    })
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) throw unknownField(within, name, Object.keys(known))
  }
}

function unknownField(
  within: string,
  name: string,
  known: readonly string[]
): NodeError<'UNKNOWN_FIELD'> {
  const at = (field: string): string => (within === '' ? field : `${within}.${field}`)
  const near = nearestName(name, known)
  const nearest = near === undefined ? undefined : at(near)
  const remedy =
    nearest === undefined ? `there are ${known.map(at).join(', ')}` : `did you mean ${nearest}?`
  return new NodeError('UNKNOWN_FIELD', `there is no field ${at(name)}: ${remedy}`, {
    field: at(name),
    nearest
  })
}

/**
 * The name that somebody probably meant: the one with the fewest edits, if these
 * are no more than half of it. Case does not count.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  // what is much longer than any name is none of them, and would take long to compare
  if (name.length > 100) return undefined
  let nearest: string | undefined
  let fewest = Infinity
  for (const candidate of known) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest && edits <= candidate.length / 2) {
      fewest = edits
      nearest = candidate
    }
  }
  return nearest
}

/** Insertions, deletions and substitutions between two texts: V. Levenshtein, 1966. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + (from[i] === to[j] ? 0 : 1)
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
