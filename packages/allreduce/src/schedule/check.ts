import type { Collective } from '@daa-compute/interface'
import { ChunkValues } from './chunk-values.ts'
import { RankSteps } from './rank-steps.ts'
import type { Schedule } from './schedule.ts'
import { createShape, type ShapeInit } from './shape.ts'

/** What a {@link checkSchedule} run found of one schedule. */
export interface ScheduleReport {
  /** Chunks sent by each rank, partial sums and finished ones together. */
  readonly sent: readonly number[]
  /** Chunks received by each rank. */
  readonly received: readonly number[]
  /** Longest chain of messages that wait for each other. */
  readonly depth: number
  /** Most hops that a contribution takes until the chunk is finished. */
  readonly hops: number
  /** The rank that finished each chunk. */
  readonly finishers: readonly number[]
}

/**
 * Executes a schedule symbolically and proves it for one shape:
 *
 * - each chunk is finished once, from exactly one contribution of every rank
 *   that counts: all of them, or for `allGather` the chunk's owner and for
 *   `broadcast` the root;
 * - every rank ends with every chunk finished; with `reduceScatter` each chunk's
 *   owner does, and it has finished it itself;
 * - no message is left over or expected in vain, or is another chunk, or of
 *   another form, than its receiver is about to take;
 * - it cannot deadlock, whatever the buffers. Here a message is sent at the
 *   moment at which it is received, so channels hold nothing at all. That such
 *   an order of whole messages exists proves that segments cannot get stuck
 *   either: each lane of each rank is a sequential process and blocks on one
 *   thing at a time, so if one order completes then all do, and more room never
 *   hurts.
 *
 * @param collective whose goals are to be reached. Default `allReduce`
 * @throws {Error} that says which rank and step is wrong and how
 */
export function checkSchedule(
  schedule: Schedule,
  init: ShapeInit,
  collective: Collective = 'allReduce'
): ScheduleReport {
  const shape = createShape(init)
  const { size, chunks, owners, root } = shape
  const contributor = (chunk: number): number | undefined =>
    collective === 'allGather' ? owners[chunk] : collective === 'broadcast' ? root : undefined
  const finisher = (chunk: number): number | undefined =>
    collective === 'reduceScatter' ? owners[chunk] : contributor(chunk)

  const values = new ChunkValues(size, chunks)
  const ranks = Array.from(
    { length: size },
    (_, rank) => new RankSteps(rank, schedule(rank, shape))
  )
  const wrong = (rank: RankSteps, index: number, what: string): Error => {
    const { op, chunk } = rank.step(index)
    const peer = rank.peer(index)
    const whom = peer === undefined ? '' : ` ${op === 'send' ? 'to' : 'from'} ${peer}`
    return new Error(
      `rank ${rank.rank} of ${size}, step ${index}: ${op} of chunk ${chunk}${whom} ${what}`
    )
  }
  for (const rank of ranks) {
    for (const [index, step] of rank.steps.entries()) {
      if (!(Number.isInteger(step.chunk) && step.chunk >= 0 && step.chunk < chunks)) {
        throw wrong(rank, index, 'names a chunk that does not exist')
      }
      if (step.op !== 'finish' && (step.peer === rank.rank || ranks[step.peer] === undefined)) {
        throw wrong(rank, index, 'names no other rank')
      }
    }
  }

  const depths = new Int32Array(size * chunks)
  const hops = new Int32Array(size * chunks)
  const sent = ranks.map(() => 0)
  const received = ranks.map(() => 0)
  const finishers = Array.from({ length: chunks }, () => -1)
  let mostHops = 0

  const finish = (rank: RankSteps, index: number): void => {
    const { chunk } = rank.step(index)
    const at = rank.rank * chunks + chunk
    if (values.isFinished(at)) throw wrong(rank, index, 'finishes it again')
    if (finishers[chunk] !== -1) throw wrong(rank, index, `comes after rank ${finishers[chunk]}'s`)
    const missing = values.differenceTo(at, contributor(chunk))
    if (missing !== undefined) throw wrong(rank, index, missing)
    const wanted = finisher(chunk)
    if (wanted !== undefined && wanted !== rank.rank) {
      throw wrong(rank, index, `belongs to rank ${wanted}`)
    }
    finishers[chunk] = rank.rank
    mostHops = Math.max(mostHops, hops[at] ?? 0)
    values.finish(at)
  }
  const transfer = (from: RankSteps, to: RankSteps, index: number): void => {
    const { op, chunk } = to.step(index)
    const source = from.rank * chunks + chunk
    const target = to.rank * chunks + chunk
    sent[from.rank] = (sent[from.rank] ?? 0) + 1
    received[to.rank] = (received[to.rank] ?? 0) + 1
    depths[target] = Math.max(depths[target] ?? 0, (depths[source] ?? 0) + 1)
    if (op === 'copy') {
      if (!values.isFinished(source)) throw wrong(to, index, 'copies a partial sum')
      if (values.isFinished(target)) throw wrong(to, index, 'copies what is here already')
      values.finish(target)
      return
    }
    if (values.isFinished(source)) throw wrong(to, index, 'adds what is finished')
    if (values.isFinished(target)) throw wrong(to, index, 'adds to what is finished')
    if (!values.merge(source, target)) throw wrong(to, index, 'adds a contribution twice')
    hops[target] = Math.max(hops[target] ?? 0, (hops[source] ?? 0) + 1)
  }

  // whenever a step is done, those that waited for it are looked at again
  const work: [RankSteps, number][] = ranks.flatMap((rank) =>
    rank.steps.map((_, index): [RankSteps, number] => [rank, index])
  )
  work.reverse()
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const [rank, index] = next
    if (!rank.isReady(index)) continue
    const step = rank.step(index)
    if (step.op === 'finish') {
      finish(rank, index)
    } else {
      const peer = ranks[step.peer]
      const outbound = step.op === 'send'
      const counterpart = peer?.head(!outbound, rank.rank)
      if (peer === undefined || counterpart === undefined || !peer.isReady(counterpart)) continue
      const [to, at] = outbound ? [peer, counterpart] : [rank, index]
      const other = peer.step(counterpart)
      if (other.chunk !== step.chunk) {
        const its = outbound ? step.chunk : other.chunk
        throw wrong(to, at, `comes to chunk ${its}`)
      }
      transfer(outbound ? rank : peer, to, at)
      for (const freed of peer.complete(counterpart)) work.push([peer, freed])
    }
    for (const freed of rank.complete(index)) work.push([rank, freed])
  }

  for (const rank of ranks) {
    const stuck = rank.firstOpen()
    if (stuck !== undefined) {
      const peer = rank.peer(stuck)
      const facing =
        peer === undefined
          ? undefined
          : ranks[peer]?.head(rank.step(stuck).op !== 'send', rank.rank)
      const nobody = peer !== undefined && facing === undefined
      throw wrong(rank, stuck, nobody ? 'has no counterpart' : 'can never run')
    }
    for (let chunk = 0; chunk < chunks; chunk++) {
      const holds = collective !== 'reduceScatter' || owners[chunk] === rank.rank
      if (values.isFinished(rank.rank * chunks + chunk) !== holds) {
        const what = holds ? 'unfinished' : 'finished, though it belongs to another'
        throw new Error(`rank ${rank.rank} of ${size} ends with chunk ${chunk} ${what}`)
      }
    }
  }
  const depth = depths.reduce((most, each) => Math.max(most, each), 0)
  return { sent, received, depth, hops: mostHops, finishers }
}
