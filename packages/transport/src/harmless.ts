/** Characters of a name that a message shows, at most: protocols of libp2p have some 30. */
const MAX_NAME_LENGTH = 64

/** Names that a message shows, at most. */
const MAX_NAMES = 8

/**
 * A text of somebody else that may be shown and written to a log: of bounded length,
 * well-formed, and with spaces for line breaks, controls, changes of direction and
 * whatever else steers a terminal or forges a line of a log. All text of a peer
 * that becomes part of a message goes through here.
 *
 * @param limit characters that are kept, at most
 */
export function harmless(text: string, limit: number = MAX_NAME_LENGTH): string {
  return text
    .slice(0, limit)
    .toWellFormed()
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
}

/** The same for a list of names, joined by `or`; of a long one its beginning. */
export function harmlessNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => harmless(name))
  const more = names.length - shown.length
  return shown.join(' or ') + (more > 0 ? ` or ${more} more` : '')
}
