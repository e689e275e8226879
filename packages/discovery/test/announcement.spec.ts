import { createWriter } from '@daa-compute/wire'
import { expect, test } from 'vitest'
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement
} from '../src/core/announcement.ts'
import { DiscoveryError, requireCapabilities } from '../src/index.ts'

const RUN = 'mnist'

const present: Announcement = {
  runId: RUN,
  incarnation: Number.MAX_SAFE_INTEGER,
  sequence: 3,
  ttlMs: 60_000,
  description: {
    addresses: ['/ip4/192.0.2.1/tcp/4001', '/ip4/192.0.2.1/udp/4001/quic-v1'],
    capabilities: { gpu: 'h100', cores: '8', name: 'Häuschen 🏠' }
  }
}

/** The start of an announcement, up to the lists. */
function head(version = 1, kind = 1, runId = RUN): ReturnType<typeof createWriter> {
  return createWriter().uint8(version).uint8(kind).text(runId).uint53(1).uint53(1).uint32(1)
}

function refusal(bytes: Uint8Array): unknown {
  try {
    decodeAnnouncement(bytes, RUN)
  } catch (error) {
    if (error instanceof DiscoveryError && error.code === 'BAD_ANNOUNCEMENT') {
      return (error as DiscoveryError<'BAD_ANNOUNCEMENT'>).detail.reason
    }
    throw error
  }
  return undefined
}

test('what was written is read', () => {
  const leave = { ...present, description: undefined }
  expect(decodeAnnouncement(encodeAnnouncement(present), RUN)).toEqual(present)
  expect(decodeAnnouncement(encodeAnnouncement(leave), RUN)).toEqual(leave)
})

test('a name like __proto__ is only a name', () => {
  const capabilities = Object.fromEntries([['__proto__', 'x']])
  const bytes = encodeAnnouncement({ ...present, description: { addresses: [], capabilities } })
  const read = decodeAnnouncement(bytes, RUN).description?.capabilities
  expect(Object.entries(read ?? {})).toEqual([['__proto__', 'x']])
  expect(requireCapabilities({ toString: () => true })({ ...bare(), capabilities: {} })).toBe(false)
})

function bare(): { peer: never; addresses: string[] } {
  return { peer: 'p' as never, addresses: [] }
}

test('every truncation is refused, and so is every byte too many', () => {
  const bytes = encodeAnnouncement(present)
  for (let length = 0; length < bytes.length; length++) {
    expect(refusal(bytes.subarray(0, length))).toBe('field')
  }
  expect(refusal(new Uint8Array([...bytes, 0]))).toBe('field')
})

test('a corrupted announcement is refused or is within the limits', () => {
  const bytes = encodeAnnouncement(present)
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      const corrupted = bytes.slice()
      corrupted[at]! ^= flip
      if (refusal(corrupted) !== undefined) continue
      const { description } = decodeAnnouncement(corrupted, RUN)
      expect(description?.addresses.length).toBeLessThanOrEqual(16)
      expect(description?.addresses.every((text) => /^[!-~]+$/.test(text))).toBe(true)
    }
  }
})

test.each([
  ['another version', () => head(2).finish(), 'version'],
  ['another run', () => head(1, 0, 'other').finish(), 'run'],
  ['an unknown kind', () => head(1, 2).finish(), 'field'],
  [
    'a run id of 4 GiB',
    () =>
      createWriter()
        .uint8(1)
        .uint8(1)
        .uint32(2 ** 32 - 1)
        .finish(),
    'field'
  ],
  ['65535 addresses', () => head().uint16(65_535).finish(), 'field'],
  [
    '17 addresses',
    () =>
      head()
        .list(Array<string>(17).fill('/x'), (to, x) => to.text(x))
        .uint16(0)
        .finish(),
    'field'
  ],
  [
    'an address of 4 GiB',
    () =>
      head()
        .uint16(1)
        .uint32(2 ** 32 - 1)
        .finish(),
    'field'
  ],
  ['a long address', () => head().uint16(1).text('x'.repeat(513)).uint16(0).finish(), 'field'],
  ['an empty address', () => head().uint16(1).text('').uint16(0).finish(), 'field'],
  ['an address with a line break', () => head().uint16(1).text('/x\n').uint16(0).finish(), 'field'],
  [
    'text that is not UTF-8',
    () => head().uint16(1).uint32(1).uint8(0xff).uint16(0).finish(),
    'field'
  ],
  ['33 capabilities', () => head().uint16(0).uint16(33).finish(), 'field'],
  [
    'a capability twice',
    () => head().uint16(0).uint16(2).text('a').text('').text('a').text('').finish(),
    'field'
  ],
  [
    'names that descend',
    () => head().uint16(0).uint16(2).text('b').text('').text('a').text('').finish(),
    'field'
  ],
  ['a long name', () => head().uint16(0).uint16(1).text('x'.repeat(65)).text('').finish(), 'field'],
  [
    'a long value',
    () => head().uint16(0).uint16(1).text('x').text('x'.repeat(257)).finish(),
    'field'
  ],
  [
    'an incarnation over 2^53',
    () =>
      createWriter()
        .uint8(1)
        .uint8(0)
        .text(RUN)
        .uint32(0)
        .uint32(2 ** 31)
        .uint53(0)
        .uint32(0)
        .finish(),
    'field'
  ],
  ['more bytes than the limit', () => new Uint8Array(4097), 'field']
])('%s is refused', (_what, make, reason) => {
  expect(refusal(make())).toBe(reason)
})

test('what is over a limit is not written', () => {
  const write = (description: NonNullable<Announcement['description']>) => () =>
    encodeAnnouncement({ ...present, description })
  const badRecord = expect.objectContaining({ code: 'BAD_RECORD' })
  expect(write({ addresses: Array<string>(17).fill('/x'), capabilities: {} })).toThrow(badRecord)
  expect(write({ addresses: ['a b'], capabilities: {} })).toThrow(badRecord)
  expect(write({ addresses: [], capabilities: { ['ä'.repeat(33)]: '' } })).toThrow(badRecord)
  const long = Array.from({ length: 16 }, (_, i) => `/${'x'.repeat(500)}${i}`)
  expect(write({ addresses: long, capabilities: {} })).toThrow(badRecord)
})

test('requirements are texts, lists or predicates, and all have to be met', () => {
  const h100 = { ...bare(), capabilities: { gpu: 'h100', cores: '16' } }
  expect(requireCapabilities({})(h100)).toBe(true)
  expect(requireCapabilities({ gpu: 'h100' })(h100)).toBe(true)
  expect(requireCapabilities({ gpu: 'h200' })(h100)).toBe(false)
  expect(requireCapabilities({ gpu: ['h200', 'h100'] })(h100)).toBe(true)
  expect(requireCapabilities({ gpu: 'h100', cores: (n) => Number(n) > 16 })(h100)).toBe(false)
  expect(requireCapabilities({ tpu: () => true })(h100)).toBe(false)
})
