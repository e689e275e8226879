/**
 * One of the two processes of a lane, driven over its IPC channel.
 *
 *   node --conditions=source peer.ts <lane> <listens|dials>
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { type LaneName, lanes } from './lanes/index.ts'

/** What a process can be asked. */
export interface Requests {
  dial: { readonly address: string }
  send: { readonly bytes: number }
  /** Answered when as many bytes have arrived since the last such question. */
  expect: { readonly bytes: number }
  readAtMost: { readonly bytesPerSecond: number }
  /** Answered with the resident memory in bytes; its peak starts anew. */
  memory: Record<never, never>
}

export type Request = { [Name in keyof Requests]: { ask: Name } & Requests[Name] }[keyof Requests]

export interface Answer {
  readonly now: number
  readonly peak: number
}

const [name = '', role = ''] = process.argv.slice(2)
let received = 0
let expected: { bytes: number; answer: () => void } | undefined
const lane = await lanes[name as LaneName](role === 'listens', (bytes) => {
  received += bytes
  checkExpected()
})

function checkExpected(): void {
  if (expected === undefined || received < expected.bytes) return
  received -= expected.bytes
  expected.answer()
  expected = undefined
}

/** Resident memory of this process, and the most there was since the last question. */
function memory(): Answer {
  const status = readFileSync('/proc/self/status', 'utf8')
  const read = (key: string): number =>
    Number(status.match(new RegExp(`${key}:\\s+(\\d+)`))?.[1]) * 1024
  const answer = { now: read('VmRSS'), peak: read('VmHWM') }
  writeFileSync('/proc/self/clear_refs', '5')
  return answer
}

async function obey(request: Request): Promise<Answer | undefined> {
  switch (request.ask) {
    case 'dial':
      await lane.dial(request.address)
      break
    case 'send':
      await lane.send(request.bytes)
      break
    case 'expect':
      await new Promise<void>((answer) => {
        expected = { bytes: request.bytes, answer }
        checkExpected()
      })
      break
    case 'readAtMost':
      lane.readAtMost(request.bytesPerSecond)
      break
    case 'memory':
      return memory()
  }
  return undefined
}

process.on('message', (request: Request & { id: number }) => {
  void obey(request).then((answer) => process.send?.({ id: request.id, answer }))
})
// with the benchmark ends its peer, however that ends
process.once('disconnect', () => process.exit())
process.send?.({ address: lane.address })
