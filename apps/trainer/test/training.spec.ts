import { beforeAll, describe, expect, it } from 'vitest'
import {
  averageAlone,
  type Averager,
  averageTogether,
  type Stepped,
  type Trainee
} from '../src/averager.ts'
import { LEARNING_RATE } from '../src/constants.ts'
import { readDigits, shardByDigit, splitDigits, type Split } from '../src/digits.ts'
import { createModel, type Model } from '../src/model.ts'
import { createState, stepsOf, takeStep } from '../src/optimizer.ts'
import { initialParameters, PARAMETER_COUNT } from '../src/parameters.ts'
import { train, type Progress, type TrainingInit } from '../src/training.ts'

let split: Split
let model: Model

beforeAll(async () => {
  split = splitDigits(await readDigits())
  model = await createModel()
})

function initOf(change: Partial<TrainingInit> = {}): TrainingInit {
  return {
    model,
    examples: split.train,
    test: split.test,
    averager: averageAlone(),
    seed: 1,
    stream: 0,
    steps: 20,
    batch: 32,
    rate: LEARNING_RATE,
    ...change
  }
}

/** An averager that does what a function says. */
function scripted(play: (trainee: Trainee) => (gradient: Float32Array) => Stepped): Averager {
  return {
    follow(trainee) {
      const step = play(trainee)
      return { isWhole: true, step: async (gradient) => step(gradient) }
    }
  }
}

describe('the gradient', () => {
  it('is the slope of the loss', async () => {
    const parameters = initialParameters(3)
    const batch = {
      length: 1,
      pixels: split.train.pixels.slice(0, 784),
      targets: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    }
    const { loss, values } = await model.gradient(parameters, batch)
    // the output biases, then the steepest of the hidden weights
    const steepest = values.indexOf(Math.max(...values.subarray(0, 784 * 128)))
    for (const index of [PARAMETER_COUNT - 10, PARAMETER_COUNT - 1, steepest]) {
      const moved = Float32Array.from(parameters)
      moved[index] = (moved[index] ?? 0) + 1e-3
      const slope = ((await model.gradient(moved, batch)).loss - loss) / 1e-3
      expect(slope).toBeCloseTo(values[index] ?? Number.NaN, 2)
      expect(Math.abs(slope)).toBeGreaterThan(0.01)
    }
  })
})

describe('the optimizer', () => {
  it('moves each parameter by the step size against its gradient at first', () => {
    const state = createState(Float32Array.of(1, 1, 1))
    takeStep(state, Float32Array.of(5, -0.001, 0), 100)
    const { parameters } = state
    expect(parameters[0]).toBeCloseTo(1 - 0.008, 5)
    expect(parameters[1]).toBeCloseTo(1 + 0.008, 5)
    expect(parameters[2]).toBe(1)
  })

  it('comes to rest at the end of the run', () => {
    const state = createState(Float32Array.of(0))
    const { parameters } = state
    let before = 0
    while (stepsOf(state) < 50) {
      before = parameters[0] ?? 0
      takeStep(state, Float32Array.of(1), 50)
    }
    expect(Math.abs((parameters[0] ?? 0) - before)).toBeLessThan(0.008 / 100)
    expect(parameters[0]).toBeLessThan(-0.1)
  })
})

describe('training', () => {
  it('gives the same bits for the same seed, and others for another', async () => {
    const first = await train(initOf())
    expect(await train(initOf())).toEqual(first)
    expect((await train(initOf({ seed: 2 }))).digest).not.toBe(first.digest)
    expect((await train(initOf({ stream: 1 }))).digest).not.toBe(first.digest)
  })

  it('keeps peers that average bit-identical, and beats each of them alone', async () => {
    const peers = averageTogether(4).map((averager, index) => {
      const examples = shardByDigit(split.train, index, 4)
      return initOf({ averager, examples, stream: index, steps: 120, batch: 64 })
    })
    const swarm = await Promise.all(peers.map(train))
    expect(new Set(swarm.map(({ digest }) => digest)).size).toBe(1)
    const central = await train(initOf({ steps: 120, batch: 256 }))
    const solo = await train(initOf({ ...peers[0], averager: averageAlone() }))
    const [peer] = swarm
    expect(peer?.accuracy).toBeGreaterThan(0.92)
    expect(Math.abs((peer?.accuracy ?? 0) - central.accuracy)).toBeLessThan(0.02)
    expect(solo.accuracy).toBeLessThan(0.35)
  }, 60_000)

  it('tells each step what it came to, and the test now and then', async () => {
    const told: Progress[] = []
    const averager = scripted(({ apply }) => (gradient) => {
      apply(gradient)
      return { participants: 3, caughtUp: false, bytesSent: 7 }
    })
    const trained = await train(
      initOf({ averager, steps: 60, batch: 8, onProgress: (progress) => told.push(progress) })
    )
    expect(told.map(({ step }) => step)).toEqual([...Array(60).keys()].map((step) => step + 1))
    expect(told[48]).toMatchObject({ accuracy: undefined, participants: 3, bytesSent: 49 * 7 })
    expect(told[49]?.accuracy).toBeGreaterThan(0.1)
    expect(told[59]).toMatchObject({ accuracy: trained.accuracy, loss: trained.loss })
    expect(trained).toMatchObject({ rounds: 60, participants: 3, bytesSent: 420 })
  })

  it('goes on from the state of the others when they went on without it', async () => {
    const others = createState(initialParameters(7))
    others.taken[0] = 11
    const told: string[] = []
    let calls = 0
    const averager = scripted(({ tensors, apply, onBehind }) => (gradient) => {
      const caughtUp = ++calls === 2
      if (caughtUp) {
        onBehind?.()
        for (const name of ['parameters', 'mean', 'square', 'taken'] as const) {
          tensors[name]?.set(others[name])
        }
      }
      apply(gradient)
      return { participants: 3, caughtUp, bytesSent: 1 }
    })
    const trained = await train(
      initOf({
        averager,
        steps: 15,
        batch: 8,
        onBehind: (at) => told.push(`behind at ${at}`),
        onCaughtUp: (at) => told.push(`caught up at ${at}`)
      })
    )
    expect(calls).toBe(5)
    expect(told).toEqual(['behind at 1', 'caught up at 12'])
    expect(trained.rounds).toBe(15)
  })

  it('is over when the others have taken the last step and it has their state', async () => {
    const averager = scripted(({ tensors }) => () => {
      tensors['taken']?.set([5])
      throw new Error('they have left')
    })
    expect((await train(initOf({ averager, steps: 5, batch: 8 }))).rounds).toBe(5)
    const alone = scripted(() => () => {
      throw new Error('they have left')
    })
    await expect(train(initOf({ averager: alone, steps: 5 }))).rejects.toThrow('they have left')
  })

  it('stops when the signal says so', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ step }: Progress): void => {
      if (step === 3) controller.abort(reason)
    }
    await expect(train(initOf({ signal: controller.signal, onProgress }))).rejects.toBe(reason)
  })
})
