/** Names may come from peers: what is repeated of them in a message is short. */
const QUOTED_CHARACTERS = 40

/** A part of a name for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_CHARACTERS))
}
