/** A comment behind a `console.log`: what it prints. */
const CLAIM = /\bconsole\.log\(.*\) \/\/ (?<claim>\S.*)$/gm

/**
 * What an example says that it prints: one entry for each `console.log(…) // text`.
 * `…` in it stands for anything, and any white space for any other.
 */
export function claimsOf(code: string): string[] {
  return [...code.matchAll(CLAIM)].map(({ groups }) => groups?.['claim']?.trimEnd() ?? '')
}

/** Those claims that are no whole lines of what was printed, in whatever order that was. */
export function unmetClaims(claims: readonly string[], printed: string): string[] {
  return claims.filter((claim) => !patternOf(claim).test(printed))
}

function patternOf(claim: string): RegExp {
  const parts = claim.split(/(…|\s+)/).map((part) => {
    if (part === '…') return '.*'
    return part.trim() === '' ? part && '\\s+' : part.replaceAll(/\W/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 'm')
}
