/** How far this peer has come in a run. */
export interface Position {
  /** Hexadecimal; empty before the first round. */
  lineage: string
  /** The next round. */
  sequence: number
  /** The next try at it. */
  attempt: number
  /** Whether this peer has no part in any round yet and needs none of the earlier ones. */
  mayEnterLate: boolean
}

/** Where everybody begins. */
export function initialPosition(mayEnterLate: boolean): Position {
  return { lineage: '', sequence: 0, attempt: 0, mayEnterLate }
}
