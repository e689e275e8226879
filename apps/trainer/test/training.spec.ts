import { beforeAll, describe, expect, it } from 'vitest'
import { averageAlone, type Averager, averageTogether } from '../src/averager.ts'
import { LEARNING_RATE } from '../src/constants.ts'
import { readDigits, shardByDigit, splitDigits, type Split } from '../src/digits.ts'
import { createModel, type Model } from '../src/model.ts'
import { createState, packState, takeStep, unpackState } from '../src/optimizer.ts'
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
    while (state.taken < 50) {
      before = parameters[0] ?? 0
      takeStep(state, Float32Array.of(1), 50)
    }
    expect(Math.abs((parameters[0] ?? 0) - before)).toBeLessThan(0.008 / 100)
    expect(parameters[0]).toBeLessThan(-0.1)
  })
})

describe('a state', () => {
  it('crosses bit by bit, and is what it was before', () => {
    const state = createState(initialParameters(4))
    for (let i = 0; i < 3; i++) takeStep(state, initialParameters(i), 10)
    const other = createState(initialParameters(5))
    unpackState(other, packState(state))
    expect(other).toEqual(state)
    const gradient = initialParameters(9)
    takeStep(state, gradient, 10)
    takeStep(other, gradient, 10)
    expect(other).toEqual(state)
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
    const averager: Averager = {
      average: async () => ({ participants: 3, hasNewcomers: false, bytesSent: 7 }),
      share: () => Promise.reject(new Error('there is nobody to share with'))
    }
    const trained = await train(
      initOf({ averager, steps: 60, batch: 8, onProgress: (progress) => told.push(progress) })
    )
    expect(told.map(({ step }) => step)).toEqual([...Array(60).keys()].map((step) => step + 1))
    expect(told[48]).toMatchObject({ accuracy: undefined, participants: 3, bytesSent: 49 * 7 })
    expect(told[49]?.accuracy).toBeGreaterThan(0.1)
    expect(told[59]).toMatchObject({ accuracy: trained.accuracy, loss: trained.loss })
    expect(trained).toMatchObject({ rounds: 60, participants: 3, bytesSent: 420 })
  })

  it('takes over the state of the others when they went on without it', async () => {
    const others = createState(initialParameters(7))
    others.taken = 12
    const weights: number[] = []
    const told: string[] = []
    let calls = 0
    const averaged = { participants: 3, hasNewcomers: false, bytesSent: 1 }
    const averager: Averager = {
      async average(values, { weight, enterLate }) {
        calls++
        if (weight === 0) {
          expect(enterLate).toBe(true)
          expect(values.every((value) => value === 0)).toBe(true)
        }
        weights.push(weight)
        // the second round goes on without it, and so does the first it asks for late
        return calls === 2 || calls === 3 ? undefined : averaged
      },
      async share(values, { weight }) {
        expect(weight).toBe(0)
        for (const [name, array] of Object.entries(packState(others))) values[name]?.set(array)
        return averaged
      }
    }
    const trained = await train(
      initOf({
        averager,
        steps: 15,
        batch: 8,
        onBehind: (at) => told.push(`behind at ${at}`),
        onCaughtUp: (at) => told.push(`caught up at ${at}`)
      })
    )
    expect(weights).toEqual([8, 8, 0, 0, 8, 8, 8])
    expect(told).toEqual(['behind at 1', 'caught up at 12'])
    expect(trained.rounds).toBe(15)
  })

  it('shares its state right after a step with newcomers, unchanged', async () => {
    const shared: number[] = []
    const averager: Averager = {
      average: async () => ({
        participants: 2,
        hasNewcomers: shared.length === 0,
        bytesSent: 0
      }),
      async share(values, { weight }) {
        expect(weight).toBe(1)
        shared.push(values['taken']?.[0] ?? Number.NaN)
        return { participants: 2, hasNewcomers: false, bytesSent: 0 }
      }
    }
    const trained = await train(initOf({ averager, steps: 5, batch: 8 }))
    expect(shared).toEqual([1])
    expect(trained.digest).toBe((await train(initOf({ steps: 5, batch: 8 }))).digest)
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
