import { posix } from 'node:path'

import type { Finding, SourceFile } from './check.ts'

/** Fenced code, in which nothing is a link. */
const FENCE = /^ *(`{3,})[^`]*\n[\s\S]*?^ *\1`*$/gm

const LINK = /\]\((?<target>[^)\s]+)\)/g
const HEADING = /^#+ (?<text>.*)$/gm
const ELSEWHERE = /^[a-z]+:/

/**
 * Links of Markdown files that lead nowhere: to a file that is not there, or to a
 * heading that its file lacks. What is on other hosts is not looked at.
 *
 * @param pages every Markdown file, paths from the root
 * @param exists whether there is a file or folder at a path from the root
 */
export function checkLinks(
  pages: readonly SourceFile[],
  exists: (path: string) => boolean
): Finding[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]))
  return pages.flatMap(({ path, text }) => {
    const prose = text.replaceAll(FENCE, (code) => code.replaceAll(/[^\n]/g, ' '))
    return [...prose.matchAll(LINK)].flatMap(({ groups, index }): Finding[] => {
      const target = groups?.['target'] ?? ''
      const flaw = flawOf(path, target, anchors, exists)
      if (flaw === undefined) return []
      const line = prose.slice(0, index).split('\n').length
      return [{ path, line, message: `the link to ${target} leads nowhere: ${flaw}` }]
    })
  })
}

function flawOf(
  path: string,
  target: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
  exists: (path: string) => boolean
): string | undefined {
  if (ELSEWHERE.test(target)) return undefined
  const [file = '', anchor] = target.split('#')
  const place = file === '' ? path : posix.join(posix.dirname(path), file)
  if (!exists(place)) return `there is no ${place}`
  if (anchor === undefined) return undefined
  const headings = anchors.get(place) ?? anchors.get(posix.join(place, 'README.md'))
  return headings?.has(anchor) === true ? undefined : `${place} has no heading of that name`
}

/** What headings are called in links. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.replaceAll(FENCE, '').matchAll(HEADING)]
  return new Set(
    headings.map(({ groups }) =>
      (groups?.['text'] ?? '')
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-')
    )
  )
}
