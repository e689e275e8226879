import type { Row } from './run-suite.ts'

const HEADINGS = ['case', 'median', 'unit', '× reference', 'min', 'p25', 'p75', 'max', 'must be']

/** Columns of text; all others are numbers, aligned at the right. */
const TEXT_COLUMNS = new Set([0, 2, 8])

/** The rows of one suite as a table for a reader. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map(({ name, value, unit, reference, ratio, spread, must, met }) => [
    name === reference ? `${name} (reference)` : name,
    formatNumber(value),
    unit,
    ratio === null ? '' : formatNumber(ratio),
    formatNumber(spread.min),
    formatNumber(spread.p25),
    formatNumber(spread.p75),
    formatNumber(spread.max),
    must === null ? '' : `${must}: ${met === true ? 'met' : 'MISSED'}`
  ])
  // a column that nobody needs is none
  const headings = rows.some(({ must }) => must !== null) ? HEADINGS : HEADINGS.slice(0, -1)
  const lines = [headings, ...cells.map((line) => line.slice(0, headings.length))]
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  )
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return TEXT_COLUMNS.has(column) ? cell.padEnd(width) : cell.padStart(width)
        })
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

/** Three digits that count, as much as a benchmark is good for; large numbers whole. */
export function formatNumber(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(digits, 9))
}
