import type { NoiseComponents } from '@libp2p/noise'
import type { Counter, MetricOptions, Metrics } from '@libp2p/interface'

/**
 * The same components, made for several instances of Noise that count into the
 * same counters: metrics services refuse a name that is registered already.
 */
export function withSharedCounters(components: NoiseComponents): NoiseComponents {
  const { metrics } = components
  return metrics === undefined
    ? components
    : overriding(components, 'metrics', withCountersOnce(metrics))
}

function withCountersOnce(metrics: Metrics): Metrics {
  const counters = new Map<string, Counter>()
  const registerCounter = (name: string, options?: MetricOptions): Counter => {
    const counter = counters.get(name) ?? metrics.registerCounter(name, options)
    counters.set(name, counter)
    return counter
  }
  return overriding(metrics, 'registerCounter', registerCounter)
}

/** A proxy, because what libp2p hands out is one: some of its fields exist later only. */
function overriding<T extends object, Key extends keyof T>(target: T, key: Key, value: T[Key]): T {
  return new Proxy(target, {
    get: (_, name): unknown => (name === key ? value : Reflect.get(target, name))
  })
}
