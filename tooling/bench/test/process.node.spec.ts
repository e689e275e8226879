import { describe, expect, it } from 'vitest'

import { createProcess, findReading } from '../src/process.ts'

const node = (code: string): readonly [string, ...string[]] => [process.execPath, '-e', code]

describe('a program', () => {
  it('reports by the last line of JSON that is a reading', async () => {
    const code = `
      console.log('{"value": 1, "unit": "MB/s"}')
      console.log('{"value": ' + process.env.VALUE + ', "unit": "MB/s", "more": true}')
      console.log('{"done": true}')
      console.log('good-bye {')`
    const program = createProcess('p', { command: node(code), env: { VALUE: '2.5' } })
    expect(await program.sample()).toEqual({ value: 2.5, unit: 'MB/s' })
  })

  it('is timed where it reports nothing', async () => {
    const program = createProcess('p', { command: node('setTimeout(() => {}, 50)') })
    const { value, unit } = await program.sample()
    expect(unit).toBe('ms')
    expect(value).toBeGreaterThan(45)
    const sized = createProcess('p', { command: node(''), bytes: 1e6 })
    expect((await sized.sample()).unit).toBe('MB/s')
  })

  it('runs a script with arguments', async () => {
    const script = new URL('fixtures/report.ts', import.meta.url)
    const program = createProcess('p', { script, args: ['40', 'frames'] })
    expect(await program.sample()).toEqual({ value: 42, unit: 'frames' })
  })

  it('fails with what it said', async () => {
    const failing = createProcess('p', {
      command: node('console.error("no luck"); process.exit(3)')
    })
    await expect(failing.prepare()).rejects.toThrow('p ended with exit code 3\nno luck')
    const missing = createProcess('p', { command: ['/nonexistent'] })
    await expect(missing.sample()).rejects.toThrow('ENOENT')
  })

  it('is killed when its time is over', async () => {
    const program = createProcess('p', {
      command: node('setInterval(() => {}, 1e3)'),
      timeoutMs: 200
    })
    await expect(program.sample()).rejects.toThrow('p was not done after 200 ms')
  })

  it('is either a script or a command', () => {
    expect(() => createProcess('p', {})).toThrow('p: say either a script or a command')
    expect(() => createProcess('p', { script: 'a.ts', command: ['b'] })).toThrow('either')
  })
})

describe('findReading', () => {
  it.each([
    '',
    'no JSON',
    '{ broken',
    'null',
    '{"value": "1", "unit": "ms"}',
    '{"value": 1}',
    '{"value": null, "unit": "ms"}',
    '[1, "ms"]'
  ])('finds none in %j', (output) => {
    expect(findReading(output)).toBeUndefined()
  })
})
