import type { MessageStream } from '@libp2p/interface'
import { MAX_WAITING_ANSWERS } from './constants.ts'
import { MuxerError } from './errors.ts'

/** How many answers wait for a remote that asks for them. */
export class Answers {
  #waiting = 0

  constructor(connection: MessageStream) {
    connection.addEventListener('drain', () => {
      this.#waiting = 0
    })
  }

  /**
   * Counts one more.
   *
   * @param hasRoom whether the connection had room for it
   * @throws MuxerError `NOT_READING`
   */
  count(hasRoom: boolean): void {
    if (hasRoom || ++this.#waiting <= MAX_WAITING_ANSWERS) return
    throw new MuxerError(
      'NOT_READING',
      `the remote has asked for ${this.#waiting} answers without reading any; it is faulty or hostile`,
      { waiting: this.#waiting, limit: MAX_WAITING_ANSWERS }
    )
  }
}
