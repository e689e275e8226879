import { afterEach, describe, expect, it, vi } from 'vitest'

import { findChromium } from '../chromium.ts'
import { preset } from '../preset.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('findChromium', () => {
  it('takes the one that is named', () => {
    vi.stubEnv('CHROMIUM_PATH', process.execPath)
    expect(findChromium()).toBe(process.execPath)
  })

  it('says once that there is none', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    vi.stubEnv('CI', '')
    vi.stubEnv('CHROMIUM_PATH', '/nonexistent')
    expect([findChromium(), findChromium()]).toEqual([undefined, undefined])
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^SKIPPED: No Chromium at \/nonexistent/)]
    ])
  })

  it('is an error under CI', () => {
    vi.stubEnv('CI', 'true')
    vi.stubEnv('CHROMIUM_PATH', '/nonexistent')
    expect(() => findChromium()).toThrow('CHROMIUM_PATH')
    expect(() => preset({ environments: ['browser'] })).toThrow('CHROMIUM_PATH')
    expect(preset({ environments: ['node'] }).test?.projects).toHaveLength(1)
  })
})
