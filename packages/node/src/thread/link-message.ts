/** What goes over the port of two threads that work for each other; all of it is data. */
export type LinkMessage =
  | {
      readonly type: 'call'
      readonly id: number
      readonly name: string
      readonly args: unknown
      /** If it was aborted before it began. */
      readonly aborted: { readonly reason: unknown } | undefined
    }
  /** The signal of a call; `reason` comes back in the answer as what it was. */
  | { readonly type: 'abort'; readonly id: number; readonly reason: unknown }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: unknown }
  | { readonly type: 'note'; readonly id: number; readonly note: unknown }
  | { readonly type: 'tell'; readonly name: string; readonly told: unknown }
  | { readonly type: 'read'; readonly count: number }
