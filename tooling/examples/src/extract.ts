/** One fenced block of TypeScript in a Markdown file. */
export interface Example {
  /** Line of the first line of code, 1-based. */
  readonly line: number
  readonly code: string
  /** False for a fence tagged `ts no-run`: it needs what a check has not, and is only type checked. */
  readonly runs: boolean
}

const FENCE = /^(?<indent> *)(?<ticks>`{3,})(?<info>[^`]*)$/

/**
 * Finds the blocks fenced as `ts`.
 *
 * @throws {SyntaxError} where a fence has a tag that means nothing here, or no end
 */
export function extractExamples(markdown: string): Example[] {
  const examples: Example[] = []
  const lines = markdown.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const opening = FENCE.exec(lines[i] ?? '')?.groups
    if (opening === undefined) continue
    const { indent = '', ticks = '', info = '' } = opening
    const start = i + 1
    const end = lines.findIndex((line, at) => at >= start && isEnd(line, ticks))
    if (end === -1) throw new SyntaxError(`line ${start}: this fence has no end`)
    i = end

    const [language, ...tags] = info.trim().split(/\s+/)
    if (language !== 'ts') continue
    const unknown = tags.find((tag) => tag !== 'no-run')
    if (unknown !== undefined) {
      throw new SyntaxError(`line ${start}: unknown tag ${unknown}; there is only no-run`)
    }
    examples.push({
      line: start + 1,
      code: lines
        .slice(start, end)
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
        .join('\n'),
      runs: tags.length === 0
    })
  }
  return examples
}

/** Whether a line ends a fence: at least as many backticks, and nothing else. */
function isEnd(line: string, ticks: string): boolean {
  const text = line.trim()
  return text.startsWith(ticks) && /^`+$/.test(text)
}

/**
 * The module that stands for an example, with its code on the very lines where
 * the Markdown has it, so that errors point there.
 */
export function toModule({ line, code }: Example): string {
  return `${'\n'.repeat(line - 1)}${code}\n`
}
