import type { Cases } from './suite.ts'

/**
 * The cases that a word asks for: all where the suite itself has it, else those
 * that have it, and what they are compared to.
 */
export function select(suite: string, all: Cases, word: string): Cases {
  const { cases, reference } = all
  if (suite.includes(word)) return all
  const named = cases.filter(({ name }) => name.includes(word))
  if (named.length === 0) return { cases: [], reference: undefined }
  return {
    ...all,
    cases: cases.filter(
      (item) =>
        named.includes(item) ||
        item.name === reference ||
        named.some((other) => other.reference === item.name)
    )
  }
}
