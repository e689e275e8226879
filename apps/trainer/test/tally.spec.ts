import { describe, expect, it } from 'vitest'
import { createTally } from '../src/tally.ts'
import type { Progress } from '../src/training.ts'

const at = (step: number, bytesSent: number, participants = 4): Progress => ({
  ...{ step, steps: 100, loss: 1, accuracy: undefined, participants, bytesSent }
})

describe('the tally of a swarm', () => {
  it('never goes back, though peers are killed and begin at nothing', () => {
    const shown: Progress[] = []
    const tally = createTally((progress) => shown.push(progress))
    const [first, second] = [tally.watch(), tally.watch()]
    first(at(1, 100))
    second(at(1, 70))
    first(at(2, 200))
    // the first is killed here, and another process takes its place at step 4
    second(at(3, 140, 3))
    const third = tally.watch()
    third(at(4, 10))
    second(at(4, 210))
    expect(shown.map(({ step }) => step)).toEqual([1, 2, 3, 4])
    expect(shown.map(({ bytesSent }) => bytesSent)).toEqual([100, 270, 340, 350])
    expect(tally.bytesSent).toBe(200 + 210 + 10)
    expect(tally.participants).toEqual([4, 4, 3, 4])
  })

  it('says whose digits nobody has while they are away and until they are learnt anew', () => {
    const notes: (string | undefined)[] = []
    const tally = createTally(({ note }) => notes.push(note))
    const tell = tally.watch()
    tell(at(9, 0))
    tally.mark([2, 6], false, 10)
    tell(at(20, 0))
    tally.mark([2, 6], true, 30)
    tell(at(80, 0))
    tell(at(81, 0))
    // waited for
    tally.mark([3], false, 82)
    tally.mark([3], true, 82)
    // what others have, too, is no reason
    tally.mark([], false, 82)
    tell(at(83, 0))
    const gone = 'nobody here has digits 2 6 since step 10'
    const back = 'nobody here had digits 2 6 from step 10 to 30'
    expect(notes).toEqual([undefined, gone, back, undefined, undefined])
  })
})
