/** In browsers there is the platform's WebSocket and no other. */
export function createClient(_uri: string): WebSocket | undefined {
  return undefined
}
