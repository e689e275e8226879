import { describe, expect, it } from 'vitest'

import { extractExamples, toModule } from '../src/extract.ts'

const fence = '```'

describe('extractExamples', () => {
  it('takes fences of ts and nothing else', () => {
    const markdown = [
      '# Title',
      `${fence}ts`,
      'const a = 1',
      '',
      'const b = 2',
      fence,
      'text with `ts` and ``` in it',
      `${fence}sh`,
      'npm test',
      fence,
      `${fence}js`,
      'no()',
      fence,
      `${fence}ts no-run`,
      'later()',
      fence
    ].join('\n')
    expect(extractExamples(markdown)).toEqual([
      { line: 3, code: 'const a = 1\n\nconst b = 2', runs: true },
      { line: 15, code: 'later()', runs: false }
    ])
  })

  it('takes off the indentation of a fence in a list', () => {
    const markdown = [
      '- item',
      `  ${fence}ts`,
      '  if (x) {',
      '    y()',
      '',
      '  }',
      `  ${fence}`
    ].join('\r\n')
    expect(extractExamples(markdown)).toEqual([
      { line: 3, code: 'if (x) {\n  y()\n\n}', runs: true }
    ])
  })

  it('knows a fence within a longer one', () => {
    const markdown = ['````md', `${fence}ts`, 'a()', fence, '````', `${fence}ts`, 'b()', fence]
    expect(extractExamples(markdown.join('\n')).map(({ code }) => code)).toEqual(['b()'])
  })

  it('refuses a tag it does not know, which would else be skipped in silence', () => {
    expect(() => extractExamples(`${fence}ts norun\n${fence}`)).toThrow(
      /^line 1: unknown tag norun/
    )
  })

  it('refuses a fence without an end', () => {
    expect(() => extractExamples(`\n${fence}ts\na()`)).toThrow(/^line 2: this fence has no end/)
  })

  it('finds nothing in nothing', () => {
    expect(extractExamples('')).toEqual([])
  })
})

it('keeps the code on its lines', () => {
  const markdown = `one\ntwo\n${fence}ts\nfour()\nfive()\n${fence}`
  const [example] = extractExamples(markdown)
  if (example === undefined) throw new Error('no example')
  const lines = toModule(example).split('\n')
  expect([lines[3], lines[4]]).toEqual(['four()', 'five()'])
  expect(lines.slice(0, 3)).toEqual(['', '', ''])
})
