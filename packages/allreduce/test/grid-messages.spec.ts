import { type Channel, type PeerId, peerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { Matchmaker } from '../src/grid/matchmaker.ts'
import { matchmakersOf, placeOf } from '../src/grid/cells.ts'
import {
  type AnswerMessage,
  decodeAnswer,
  decodeSeek,
  encodeAnswer,
  encodeSeek
} from '../src/grid/messages.ts'
import { joinGrid } from '../src/index.ts'
import { createGridSwarm } from './grid-swarm.ts'

const self = peerId('me')
const match: AnswerMessage = {
  ...{ type: 'match', newest: 7, ageMs: 12, nonce: new Uint8Array(8).fill(9), place: 3 },
  peers: [self, peerId('you')]
}

describe('messages of matchmaking', () => {
  it('are read as they were written', () => {
    const seek = { step: 2 ** 40, cell: '1,*,3', groupSize: 8 }
    expect(decodeSeek(encodeSeek(seek))).toEqual(seek)
    const pass = { type: 'pass', newest: 5, ageMs: 2 ** 31 } as const
    for (const answer of [match, { ...pass, isBusy: true }, { ...pass, isBusy: false }]) {
      expect(decodeAnswer(encodeAnswer(answer), self)).toEqual(answer)
    }
  })

  it('are refused when they are cut short, too long, or contradict themselves', () => {
    const seek = encodeSeek({ step: 1, cell: '*', groupSize: 8 })
    const answer = encodeAnswer(match)
    for (let length = 0; length < seek.length; length++) {
      expect(() => decodeSeek(seek.slice(0, length))).toThrow(Error)
    }
    for (let length = 0; length < answer.length; length++) {
      expect(() => decodeAnswer(answer.slice(0, length), self)).toThrow(Error)
    }
    expect(() => decodeSeek(Uint8Array.of(...seek, 0))).toThrow(Error)
    expect(() => decodeAnswer(Uint8Array.of(...answer, 0), self)).toThrow(Error)
    for (const groupSize of [0, 1, 65]) {
      expect(() => decodeSeek(encodeSeek({ step: 0, cell: '', groupSize }))).toThrow(TypeError)
    }
    const far = encodeSeek({ step: 2 ** 48 + 2, cell: '*', groupSize: 8 })
    expect(() => decodeSeek(far)).toThrow(/step/)
    const long = encodeSeek({ step: 0, cell: 'x'.repeat(61), groupSize: 8 })
    expect(() => decodeSeek(long)).toThrow(Error)
    const wrong = (peers: readonly PeerId[]): Uint8Array => encodeAnswer({ ...match, peers })
    expect(() => decodeAnswer(wrong([peerId('you')]), self)).toThrow(/without who/)
    expect(() => decodeAnswer(wrong([self, self]), self)).toThrow(/twice/)
    const many = Array.from({ length: 81 }, (_, i) => (i === 0 ? self : peerId(`p${i}`)))
    expect(() => decodeAnswer(wrong(many), self)).toThrow(Error)
  })
})

it('a matchmaker that speaks nonsense, or not at all, is passed over', async () => {
  const swarm = createGridSwarm(3, { groupSize: 4, dimensions: 1 })
  await swarm.net.run(async () => {
    await swarm.joinAll()
    const say = async (channel: Channel, what: Uint8Array): Promise<void> => {
      await channel.receive()
      await channel.send(what)
    }
    const stranger = swarm.net.addPeer('stranger')
    await stranger.connector.accept('/daa/grid/1/grid', (channel) => {
      void say(channel, Uint8Array.of(1, 2, 3)).catch(() => undefined)
    })
    const mute = swarm.net.addPeer('mute')
    const records = [stranger, mute].map(({ id }) => ({
      ...{ peer: id, addresses: [], capabilities: {} }
    }))
    // as if the grid's directory had them, too: each is the best for some step
    const ids = [...swarm.members.map(({ peer }) => peer.id), stranger.id, mute.id]
    const chosen = new Set(
      Array.from({ length: 40 }, (_, step) => matchmakersOf(step, '*', ids, 1)[0])
    )
    expect(chosen).toEqual(new Set(ids))
    const lone = swarm.net.addPeer('lone')
    const { connector, clock, random } = lone
    const directory = { peers: () => records, watch: () => () => undefined }
    const shape = { groupSize: 4, dimensions: 1, gatherMs: 100 }
    const grid = await joinGrid({ run: 'grid', connector, clock, random, directory, ...shape })
    const reasons: string[] = []
    grid.on('skipped', ({ reason }) => reasons.push(reason))
    for (let step = 0; step < 20; step++) {
      await expect(grid.average(new Float32Array(1))).rejects.toMatchObject({ code: 'NO_GROUP' })
    }
    // its own matchmaker, the third at the latest, told it so
    expect(new Set(reasons)).toEqual(new Set(['nobody else came']))
  })
})

describe('a matchmaker', () => {
  const clock = { now: () => 0, schedule: () => () => undefined }
  const random = { next: () => 0, fill: (bytes: Uint8Array<ArrayBuffer>) => bytes }
  const seek = { step: 0, cell: '*', groupSize: 8 }

  it('does not believe that others are ages ahead', () => {
    const matchmaker = new Matchmaker({ clock, random, gatherMs: 1000 })
    matchmaker.note({ newest: 2 ** 24 + 1, ageMs: 0 })
    expect(matchmaker.next).toBe(0)
    matchmaker.note({ newest: 57, ageMs: 10 })
    expect(matchmaker.next).toBe(57)
    matchmaker.note({ newest: 58, ageMs: 1001 })
    expect(matchmaker.next).toBe(59)
    matchmaker.note({ newest: 3, ageMs: 0 })
    expect(matchmaker.progress).toEqual({ newest: 58, ageMs: 1001 })
  })

  it('brings no more than so many cells together, and has room again when they are left', () => {
    const matchmaker = new Matchmaker({ clock, random, gatherMs: 1000 })
    const answers: AnswerMessage[] = []
    const ends = Array.from({ length: 1025 }, (_, i) =>
      matchmaker.enlist(self, { ...seek, cell: `${i}` }, (answer) => answers.push(answer))
    )
    expect(answers).toEqual([{ type: 'pass', newest: 0, ageMs: 0, isBusy: true }])
    ends[0]!()
    matchmaker.enlist(self, seek, (answer) => answers.push(answer))
    expect(answers).toHaveLength(1)
  })

  it('tells a cell that holds more than it waits for at once', () => {
    const matchmaker = new Matchmaker({ clock, random, gatherMs: 1000 })
    const answers: AnswerMessage[] = []
    for (let i = 0; i < 64; i++) {
      matchmaker.enlist(peerId(`p${i}`), seek, (answer) => answers.push(answer))
      expect(answers).toHaveLength(i < 63 ? 0 : 64)
    }
    for (const answer of answers) {
      expect(answer.type === 'match' && answer.peers.length).toBeLessThanOrEqual(10)
    }
  })
})

it('peers without a place are spread over the grid', () => {
  const shape = { groupSize: 8, dimensions: 3 }
  const counts = new Map<string, number>()
  for (let i = 0; i < 4096; i++) {
    for (const [axis, place] of placeOf(`peer-${i}` as PeerId, shape).entries()) {
      counts.set(`${axis} ${place}`, (counts.get(`${axis} ${place}`) ?? 0) + 1)
    }
  }
  expect(counts.size).toBe(24)
  // 512 each; five times the standard deviation of 21
  for (const count of counts.values()) expect(Math.abs(count - 512)).toBeLessThan(106)
})
