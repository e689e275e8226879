import { NodeError } from './errors.ts'

/** What can be left: a run, a grid. */
interface Leavable {
  leave(): Promise<void>
}

/** What a node has joined, or is joining, by name. */
export class Memberships<Joined extends Leavable> {
  readonly #all = new Map<string, Promise<Joined>>()

  get(name: string): Promise<Joined> | undefined {
    return this.#all.get(name)
  }

  /** @throws {NodeError} `ALREADY_JOINED` */
  assertNew(name: string): void {
    if (!this.#all.has(name)) return
    throw new NodeError('ALREADY_JOINED', `this node is in the run ${name} already`, { run: name })
  }

  /**
   * Joins, and keeps what is being joined until it is forgotten. A join that ends late
   * must not forget the next one of the same name.
   */
  async add(name: string, join: (forget: () => void) => Promise<Joined>): Promise<Joined> {
    const forget = (): void => {
      if (this.#all.get(name) === joining) this.#all.delete(name)
    }
    const joining = join(forget)
    this.#all.set(name, joining)
    joining.catch(forget)
    return await joining
  }

  /** Leaves everything that was joined. */
  async leaveAll(): Promise<void> {
    const joined = await Promise.allSettled(this.#all.values())
    const left = await Promise.allSettled(
      joined.filter((one) => one.status === 'fulfilled').map(({ value }) => value.leave())
    )
    for (const outcome of left) if (outcome.status === 'rejected') throw outcome.reason
  }
}
