import { expect, it } from 'vitest'
import { asError, unlessAborted } from '../src/index.ts'

it('is the work where nothing is aborted', async () => {
  expect(await unlessAborted(Promise.resolve(1), undefined)).toBe(1)
  const failure = new Error('no work')
  const { signal } = new AbortController()
  expect(await unlessAborted(Promise.resolve(2), signal)).toBe(2)
  await expect(unlessAborted(Promise.reject(failure), signal)).rejects.toBe(failure)
})

it("rejects with the signal's reason while the work goes on", async () => {
  const controller = new AbortController()
  const work = Promise.withResolvers<number>()
  const waiting = unlessAborted(work.promise, controller.signal)
  const others = unlessAborted(work.promise, new AbortController().signal)
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  work.resolve(3)
  expect(await others).toBe(3)
})

it('rejects at once where the signal has fired, whatever becomes of the work', async () => {
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await expect(unlessAborted(Promise.resolve(4), signal)).rejects.toBe(reason)
  // nobody else looks at this rejection: it would end the run of these tests
  await expect(unlessAborted(Promise.reject(new Error('late')), signal)).rejects.toBe(reason)
})

it('makes an error of anything', () => {
  const error = new TypeError('as it is')
  expect(asError(error)).toBe(error)
  expect(asError('a text')).toMatchObject({ message: 'a text', cause: 'a text' })
  expect(asError(undefined)).toBeInstanceOf(Error)
})
