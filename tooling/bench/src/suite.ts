import type { Case } from './case.ts'
import { createMeasurement, type MeasureInit, type Stopwatch } from './measure.ts'
import { createProcess, type ProcessInit } from './process.ts'
import { checkRequirement, type Requirement } from './requirement.ts'
import { createSideBySide, type SideBySideInit } from './side-by-side.ts'

/** Collects the cases of a suite. */
export interface SuiteBuilder {
  /** Adds a function of this process, alone or with what it works on. */
  measure<State = void>(name: string, work: MeasureInit<State>['run'] | MeasureInit<State>): void
  /** Adds a whole program. */
  process(name: string, init: ProcessInit): void
  /** Adds workloads twice, in this process and in a headless Chromium, compared to the former. */
  sideBySide(init: SideBySideInit): void
  /** Names the case that the others are compared to; it may be added before or after. */
  reference(name: string): void
  /** Says what a case has to reach; it may be added before or after. */
  must(name: string, requirement: Requirement): void
}

export interface SuiteOptions {
  /** How often each case is sampled, after its warm-up. Default 10. */
  readonly samples?: number
}

/** A suite as it was written down; its cases are collected when its turn comes. */
export interface Suite {
  readonly name: string
  readonly samples: number
  readonly body: (s: SuiteBuilder) => void
}

/** What the body of a suite says. */
export interface Cases {
  readonly cases: readonly Case[]
  readonly reference: string | undefined
  /** By the names of cases. */
  readonly requirements?: ReadonlyMap<string, Requirement>
}

const DEFAULT_SAMPLES = 10

const registered: Suite[] = []

/**
 * Declares cases that are measured against each other: one sample of each in
 * turn, again and again, so that all see the same good and bad moments of the
 * machine.
 *
 * @param body adds the cases; costly preparation belongs into their `prepare`
 */
export function suite(
  name: string,
  body: (s: SuiteBuilder) => void,
  { samples = DEFAULT_SAMPLES }: SuiteOptions = {}
): void {
  registered.push({ name, samples, body })
}

/** Hands over the suites declared since the last call. */
export function takeSuites(): Suite[] {
  return registered.splice(0)
}

/** @throws {Error} where two cases have one name, or the reference, or one that must reach something, is none of them */
export function collectCases({ name: suiteName, body }: Suite, stopwatch: Stopwatch): Cases {
  const cases: Case[] = []
  const requirements = new Map<string, Requirement>()
  let reference: string | undefined
  const add = (added: Case): void => {
    if (cases.some(({ name }) => name === added.name)) {
      throw new Error(`${suiteName} has two cases named ${added.name}`)
    }
    cases.push(added)
  }
  body({
    measure: (name, work) =>
      add(createMeasurement(name, typeof work === 'function' ? { run: work } : work, stopwatch)),
    process: (name, init) => add(createProcess(name, init)),
    sideBySide: (init) => createSideBySide(init).forEach(add),
    reference(name) {
      reference = name
    },
    must(name, requirement) {
      checkRequirement(name, requirement)
      requirements.set(name, requirement)
    }
  })
  for (const wanted of requirements.keys()) {
    if (!cases.some(({ name }) => name === wanted)) {
      throw new Error(`${suiteName} has no case named ${wanted} that must reach something`)
    }
  }
  if (reference !== undefined && !cases.some(({ name }) => name === reference)) {
    throw new Error(`${suiteName} has no case named ${reference} to refer to`)
  }
  return { cases, reference, requirements }
}
