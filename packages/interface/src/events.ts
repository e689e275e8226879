/** Typed events. A listener that throws does not disturb the others or the emitter. */
export interface EventSource<Events extends object> {
  /**
   * Adds a listener.
   *
   * @returns a function that removes it
   */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void
}

/** An {@link EventSource} and the means to feed it. */
export interface Emitter<Events extends object> extends EventSource<Events> {
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void
}

/**
 * The one implementation of events: synchronous, in the order of subscription.
 * What a listener throws surfaces as an uncaught exception, as with an
 * `EventTarget`.
 */
export function createEmitter<Events extends object>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>()
  return {
    on(name, listener) {
      const named = listeners.get(name) ?? new Set()
      listeners.set(name, named)
      // a wrapper of its own, so that the same function can listen twice
      const entry = (event: never): void => listener(event)
      named.add(entry)
      return () => void named.delete(entry)
    },
    emit(name, event) {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          listener(event as never)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
  }
}
