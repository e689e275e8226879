import { mix, type Mixed, type MixingInit } from './grid-mixing.ts'

type Case = Pick<MixingInit, 'isPlaced' | 'absent' | 'crashing'>

/** What the tables compare, by the heading of the column. */
const CASES: Readonly<Record<string, Case>> = {
  'in order': { isPlaced: true, absent: 0, crashing: 0 },
  anywhere: { isPlaced: false, absent: 0, crashing: 0 },
  'anywhere, 2% absent, 1% crash': { isPlaced: false, absent: 0.02, crashing: 0.01 }
}

/** The averaging error after each round, as Markdown. */
export async function mixingTable(
  shape: Pick<MixingInit, 'groupSize' | 'dimensions' | 'peers' | 'rounds' | 'seed'>
): Promise<string> {
  const columns: (readonly Mixed[])[] = []
  for (const one of Object.values(CASES)) columns.push(await mix({ ...shape, ...one }))
  const names = Object.keys(CASES)
  const rows = Array.from({ length: shape.rounds }, (_, round) => {
    const cells = columns.map((column) => {
      const { spread = 0, error = 0 } = column[round] ?? {}
      return `${show(spread)} / ${show(error)}`
    })
    return `| ${round + 1} | ${cells.join(' | ')} |`
  })
  const head = `| after round | ${names.join(' | ')} |`
  return [head, `| --- |${' --- |'.repeat(names.length)}`, ...rows].join('\n')
}

/** Below the rounding of float32 it is noise. */
function show(share: number): string {
  return share < 1e-6 ? '0' : share.toPrecision(2)
}
