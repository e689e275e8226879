import { describe, expect, it } from 'vitest'
import { createEventQueue, SimEvent, type EventOwner } from '../src/event-queue.ts'
import { createRandom } from '../src/random.ts'

describe('event queue', () => {
  it('gives events by time and then in the order of planning, whatever is cancelled', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = createRandom(`queue ${seed}`)
      const queue = createEventQueue()
      const owners = [createOwner(), createOwner()]
      let planned: SimEvent[] = []
      let sequence = 0
      for (let step = 0; step < 400; step++) {
        const choice = random.next()
        if (choice < 0.6) {
          const owner = owners[Math.floor(random.next() * 3)]
          const event = new SimEvent(owner, () => {}, undefined, undefined)
          event.timeMs = Math.floor(random.next() * 20)
          event.sequence = sequence++
          planned.push(event)
          queue.push(event)
        } else if (choice < 0.8) {
          const victim = planned[Math.floor(random.next() * planned.length)]
          if (victim === undefined) continue
          victim.action = undefined
          queue.cancelled()
          planned = planned.filter((event) => event !== victim)
        } else {
          const due = planned.toSorted((a, b) => a.timeMs - b.timeMs || a.sequence - b.sequence)[0]
          expect(queue.peek(), `seed ${seed}`).toBe(due)
          expect(queue.pop(), `seed ${seed}`).toBe(due)
          planned = planned.filter((event) => event !== due)
        }
        if (step === 300) {
          owners[0]!.alive = false
          planned = planned.filter(({ owner }) => owner !== owners[0])
        }
        if (step > 300) planned = planned.filter(({ owner }) => owner !== owners[0])
      }
    }
  })

  it('says that nothing is left when all that is left was cancelled', () => {
    const queue = createEventQueue()
    const event = new SimEvent(undefined, () => {}, undefined, undefined)
    queue.push(event)
    event.action = undefined
    queue.cancelled()
    expect(queue.peek()).toBeUndefined()
    expect(queue.pop()).toBeUndefined()
  })
})

function createOwner(): EventOwner & { alive: boolean } {
  return { alive: true, frozen: false, hindered: false, take: () => {} }
}
