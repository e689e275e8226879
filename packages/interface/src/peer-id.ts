declare const brand: unique symbol

/**
 * The identity of a peer: the text form of the hash or the bytes of its public
 * key (for libp2p transports, the base58btc form of the libp2p peer id).
 *
 * A branded string, so that it compares with `===`, sorts, and keys a `Map`,
 * and so that an arbitrary string is not taken for one by mistake. The order of
 * strings by UTF-16 code unit is the order of ranks wherever a plan does not
 * say otherwise.
 */
export type PeerId = string & { readonly [brand]: 'PeerId' }

/** Longest text form of a peer id that is accepted from the network, in characters. */
export const MAX_PEER_ID_LENGTH = 128

/**
 * Brands a string as a {@link PeerId}.
 *
 * It checks the form only (1 to {@link MAX_PEER_ID_LENGTH} printable ASCII
 * characters without spaces): that a peer *is* who it says it is comes from the
 * authenticated {@link Channel} it speaks on.
 *
 * @throws {TypeError} when the text cannot be a peer id
 */
export function peerId(text: string): PeerId {
  if (text.length > MAX_PEER_ID_LENGTH || !/^[!-~]+$/.test(text)) {
    throw new TypeError(
      `a peer id is 1 to ${MAX_PEER_ID_LENGTH} printable ASCII characters, got ${JSON.stringify(text.slice(0, 40))}`
    )
  }
  return text as PeerId
}

/** Orders peer ids by UTF-16 code unit: the same order on every machine and locale. */
export function comparePeerIds(a: PeerId, b: PeerId): number {
  return a < b ? -1 : a > b ? 1 : 0
}
