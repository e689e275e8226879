import { readFile, writeFile } from 'node:fs/promises'
import { LIES } from '../src/lies.ts'
import type { Trial } from './rule-trial.ts'

/** A trial and what it came to. */
export interface Accuracy extends Trial {
  /** On the digits held out, 0 to 1. */
  readonly accuracy: number
}

const RESULTS = new URL('rule-accuracies.json', import.meta.url)
const DOCS = new URL('../../../docs/robust.md', import.meta.url)

/** Columns of a table. */
export const COLUMNS: readonly Trial['lie'][] = ['none', ...LIES]

/** Accuracy that is to be reached amid liars by these rules, and not by the mean. */
const REQUIRED = 0.93
export const CHECKED: readonly string[] = ['mean', 'median', 'centered-clip']

/** Whether a trial came out as it must; of other rules nothing is required. */
export function isAsRequired({ rule, lie, accuracy }: Accuracy): boolean {
  if (!CHECKED.includes(rule)) return true
  return rule === 'mean' && lie !== 'none' ? accuracy < REQUIRED : accuracy >= REQUIRED
}

/** What has been measured before. */
export async function readAccuracies(): Promise<Accuracy[]> {
  return JSON.parse(await readFile(RESULTS, 'utf8')) as Accuracy[]
}

/** Keeps what was measured, in place of what was there of the same trials, and renews the tables. */
export async function keepAccuracies(accuracies: readonly Accuracy[]): Promise<void> {
  const lines = accuracies.map((one) => `  ${inOneLine(one)}`)
  await writeFile(RESULTS, `[\n${lines.join(',\n')}\n]\n`)
  let text = await readFile(DOCS, 'utf8')
  for (const { peers, liars } of accuracies) {
    const [begin, end] = [`<!-- accuracies: ${liars} of ${peers} -->`, '<!-- end -->']
    const from = text.indexOf(begin)
    if (from === -1) throw new Error(`docs/robust.md has no ${begin}`)
    const to = text.indexOf(end, from)
    const table = tableOf(accuracies.filter((one) => one.peers === peers && one.liars === liars))
    text = `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`
  }
  await writeFile(DOCS, text)
}

/** As the formatter would have it. */
function inOneLine(one: Accuracy): string {
  const fields = Object.entries(one).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
  return `{ ${fields.join(', ')} }`
}

/** The same trial or not, whatever it came to. */
export function isSame(a: Trial, b: Trial): boolean {
  return a.peers === b.peers && a.liars === b.liars && a.rule === b.rule && a.lie === b.lie
}

/** A table in Markdown, a row for each rule; what was not measured stays empty. */
export function tableOf(accuracies: readonly Accuracy[]): string {
  const rules = [...new Set(accuracies.map(({ rule }) => rule))]
  const cell = (rule: string, lie: Trial['lie']): string => {
    const found = accuracies.find((one) => one.rule === rule && one.lie === lie)
    return found === undefined ? '' : `${(100 * found.accuracy).toFixed(1)}%`
  }
  const rows = [
    ['rule', ...COLUMNS.map((lie) => (lie === 'none' ? 'nobody lies' : `\`${lie}\``))],
    ...rules.map((rule) => [nameOf(rule), ...COLUMNS.map((lie) => cell(rule, lie))])
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, column) => text.padEnd(widths![column]!)).join(' | ')} |`
  const [head, ...body] = rows.map(line)
  const rule = `| ${widths!.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [head, rule, ...body].join('\n')
}

function nameOf(rule: string): string {
  if (rule === 'mean') return 'mean'
  return rule === 'trimmed-mean:0' ? 'mean, as for rules' : `\`${rule}\``
}
