/**
 * Where a component writes what an operator may want to read. Injected and
 * optional; the default is silence. `fields` are for machines.
 */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
}
