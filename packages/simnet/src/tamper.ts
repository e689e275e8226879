import type { PeerId } from '@daa-compute/interface'

/**
 * What becomes of a frame: another one, none (`undefined`), or several in its place. The bytes it
 * is given are its own to change and return.
 */
export type Tamperer = (
  frame: Uint8Array,
  protocol: string
) => Uint8Array | undefined | readonly Uint8Array[]

interface Script {
  readonly from: PeerId
  readonly to: PeerId
  readonly protocolPrefix: string
  readonly tamperer: Tamperer
}

/** Scripts that forge what peers send. */
export class Tampering {
  /** Whether there is any. */
  active = false
  #scripts: readonly Script[] = []

  add(from: PeerId, to: PeerId, protocolPrefix: string, tamperer: Tamperer): () => void {
    const script = { from, to, protocolPrefix, tamperer }
    this.#set([...this.#scripts, script])
    return () => this.#set(this.#scripts.filter((other) => other !== script))
  }

  /** The frames that leave in place of one, or `undefined` if no script is about it. */
  apply(
    from: PeerId,
    to: PeerId,
    protocol: string,
    frame: Uint8Array
  ): readonly Uint8Array[] | undefined {
    const own = this.#scripts.filter(
      (script) =>
        script.from === from && script.to === to && protocol.startsWith(script.protocolPrefix)
    )
    if (own.length === 0) return undefined
    // each script sees what the ones before it have left
    let frames: readonly Uint8Array[] = [frame]
    for (const { tamperer } of own) {
      frames = frames.flatMap((input) => forge(tamperer, input, protocol))
    }
    // one array may stand in several places, but each frame that arrives is spoilt on its own
    return frames.map((output) => output.slice())
  }

  #set(scripts: readonly Script[]): void {
    this.#scripts = scripts
    this.active = scripts.length > 0
  }
}

function forge(tamperer: Tamperer, frame: Uint8Array, protocol: string): readonly Uint8Array[] {
  const forged = tamperer(frame, protocol)
  if (forged === undefined) return []
  return forged instanceof Uint8Array ? [forged] : forged
}
