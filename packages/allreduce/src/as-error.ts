/** What was thrown, as an error: anything can be thrown or given as an abort's reason. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
