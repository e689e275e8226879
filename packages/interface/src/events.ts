/** Typed events. A listener that throws does not disturb the others or the emitter. */
export interface EventSource<Events extends object> {
  /**
   * Adds a listener.
   *
   * @returns a function that removes it
   */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void
}
