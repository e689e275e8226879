import { peerId, type PeerId } from '@daa-compute/interface'
import { createSimnet } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import type { DonorLink } from '../src/fetch/donor-link.ts'
import { Vouching, type VouchingInit } from '../src/fetch/vouching.ts'
import type { Vouch } from '../src/protocol/messages.ts'

const [a, b, c, self] = ['a', 'b', 'c', 'joiner'].map(peerId) as [PeerId, PeerId, PeerId, PeerId]

type Reply = Awaited<ReturnType<VouchingInit['ask']>>

/** What a donor does when it is asked, and after how long, in ms; `gone` is a link that fails. */
type Script = readonly [peer: PeerId, afterMs: number, reply: Reply | 'gone' | 'silent']

function vouch(root: number, participants: readonly PeerId[]): Vouch {
  const digest = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
  const revision = { lineage: 'lineage', sequence: 7 }
  return {
    ...{ revision, participants, layout: digest(1), byteLength: 100, blockLength: 10 },
    root: digest(root)
  }
}

const says = (root: number, participants: readonly PeerId[]): Reply => ({
  type: 'vouch',
  vouch: vouch(root, participants)
})

const no = (refusal: 'nothing' | 'busy'): Reply => ({
  ...{ type: 'no', refusal, current: undefined, held: undefined }
})

/** Asks donors that follow a script; what comes of it, and when, in ms. */
async function ask(
  scripts: readonly Script[],
  electorate?: readonly PeerId[]
): Promise<{ root: number | undefined; atMs: number; same: [PeerId, boolean][] }> {
  const net = createSimnet({ seed: 1 })
  return await net.run(async () => {
    const { clock } = net.addPeer(self)
    const links = scripts.map(([peer]) => ({ peer, isOver: false, malformed: () => undefined }))
    const vouching = new Vouching({
      ...{ clock, self, electorate },
      own: Promise.resolve(undefined),
      isFitting: () => true,
      links: links.map((link) => ({
        link: link as unknown as DonorLink,
        ready: Promise.resolve()
      })),
      async ask({ peer }) {
        const [, afterMs, reply] = scripts.find(([of]) => of === peer) as Script
        await new Promise<void>((resolve) => {
          if (reply !== 'silent') clock.schedule(afterMs, resolve)
        })
        if (typeof reply !== 'string') return reply
        for (const link of links) if (link.peer === peer) link.isOver = true
        throw new Error('it is gone')
      }
    })
    const same: [PeerId, boolean][] = []
    const canonical = await vouching.canonical
    vouching.forEach(({ peer }, isSame) => void same.push([peer, isSame]))
    return { root: canonical?.root[0], atMs: clock.now(), same }
  })
}

describe('what more than half vouch for', () => {
  it('is taken as soon as they do', async () => {
    const all = [a, b, c]
    const scripts: Script[] = [
      [a, 10, says(1, all)],
      [b, 20, says(2, all)],
      [c, 30, says(1, all)]
    ]
    expect(await ask(scripts, all)).toEqual({
      ...{ root: 1, atMs: 30 },
      same: [
        [a, true],
        [b, false],
        [c, true]
      ]
    })
  })

  it('is nothing where no two say the same', async () => {
    const scripts: Script[] = [
      [a, 10, says(1, [a, b])],
      [b, 20, says(2, [a, b])]
    ]
    expect(await ask(scripts)).toMatchObject({ root: undefined, atMs: 20 })
  })

  it('is what one says whose fellow turns out to have no state any more', async () => {
    const scripts: Script[] = [
      [a, 10, says(1, [a, b])],
      [b, 20, no('nothing')],
      [c, 0, 'silent']
    ]
    expect(await ask(scripts, [a, b])).toMatchObject({ root: 1, atMs: 20 })
  })

  it('is what is left of those behind the run when one of them is gone', async () => {
    const scripts: Script[] = [
      [a, 10, says(1, [a])],
      [b, 20, 'gone']
    ]
    expect(await ask(scripts, [a, b])).toMatchObject({ root: 1, atMs: 20 })
  })

  it('is not what one says that names itself alone, while others are there', async () => {
    const scripts: Script[] = [
      [a, 10, says(1, [a])],
      [b, 20, no('busy')]
    ]
    expect(await ask(scripts, [a, b])).toMatchObject({ root: undefined })
  })

  it('is not waited for once most have refused', async () => {
    const scripts: Script[] = [
      [a, 10, no('busy')],
      [b, 20, no('busy')],
      [c, 0, 'silent']
    ]
    const { root, atMs } = await ask(scripts, [a, b, c])
    expect(root).toBeUndefined()
    expect(atMs).toBe(270)
  })
})
