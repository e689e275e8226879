import type { Cases } from './suite.ts'

/**
 * The cases that a word asks for: all where the suite itself has it, else those
 * that have it, and what they are compared to.
 */
export function select(suite: string, { cases, reference }: Cases, word: string): Cases {
  if (suite.includes(word)) return { cases, reference }
  const named = cases.filter(({ name }) => name.includes(word))
  if (named.length === 0) return { cases: [], reference: undefined }
  return {
    cases: cases.filter(
      (item) =>
        named.includes(item) ||
        item.name === reference ||
        named.some((other) => other.reference === item.name)
    ),
    reference
  }
}
