import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'

const INDEX = new URL('../src/index.ts', import.meta.url).href

/** Runs it in a process of its own: what is wrong here aborts it. */
function run(source: string): {
  readonly lines: AsyncIterator<string>
  end(): Promise<readonly [code: number | null, signal: string | null]>
} {
  const flags = ['--conditions=source', '--input-type=module', '--eval', source]
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] })
  // its input may have ended and it live on: it would keep the output of this run open
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  const lines = (async function* () {
    let rest = ''
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      const complete = (rest + chunk).split('\n')
      rest = complete.pop() ?? ''
      yield* complete
    }
  })()
  return {
    lines,
    end: async () => {
      child.stdin.end()
      return await ended
    }
  }
}

/**
 * A node and what it does until its process is told to stop. The process exits then:
 * data channels that both ends close at once may keep it, as the README of transport says.
 */
function program(config: object, work: string): string {
  return `
    import { createNode } from ${JSON.stringify(INDEX)}
    const node = await createNode(${JSON.stringify(config)})
    process.stdin.once('end', () => node.stop().then(() => process.exit())).resume()
    ${work}`
}

const listenAddresses = ['/ip4/127.0.0.1/udp/0/webrtc-direct']

const REDUCE = `
  const run = await node.join('webrtc')
  const { values } = await run.allReduce(new Float32Array([2]))
  console.log(values[0])`

const REFUSED = `
  const other = await createNode({ listenAddresses: ${JSON.stringify(listenAddresses)} })
    .catch(({ name, code }) => ({ name, code }))
  console.log(JSON.stringify(other))`

it('a thread has WebRTC for itself, and takes no process along when its node stops', async () => {
  const config = { listenAddresses, thread: true }
  const first = run(program(config, `console.log(node.addresses[0])${REDUCE}${REFUSED}`))
  const { value: address } = (await first.lines.next()) as { value: string }
  expect(address).toContain('/webrtc-direct/')
  const second = run(program({ listenAddresses: [], bootstrapNodes: [address] }, REDUCE))
  for (const { lines } of [first, second]) expect((await lines.next()).value).toBe('2')
  const refusal = JSON.parse((await first.lines.next()).value as string) as object
  expect(refusal).toEqual({ name: 'ListenError', code: 'WEBRTC_ON_OTHER_THREAD' })
  // this one first: a listener of libdatachannel's may crash on what comes after it was stopped
  expect(await second.end()).toEqual([0, null])
  expect(await first.end()).toEqual([0, null])
})
