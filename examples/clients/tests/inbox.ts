// What was heard so far, and a way to wait for more.

export class Inbox<T> {
  readonly heard: T[] = []
  #wake: () => void = () => {}

  put = (one: T): void => {
    this.heard.push(one)
    this.#wake()
  }

  /** The first that fits, now or later. */
  async find(fits: (one: T) => boolean): Promise<T> {
    for (;;) {
      const found = this.heard.find(fits)
      if (found !== undefined) return found
      await new Promise<void>((wake) => (this.#wake = wake))
    }
  }
}

/** Does something again and again until something else has come of it: a subscription does not say
 * when it has begun to listen. */
export async function untilHeard<T>(act: () => Promise<unknown>, heard: Promise<T>): Promise<T> {
  let done = false
  heard.finally(() => (done = true)).catch(() => {})
  while (!done) {
    await act()
    await Promise.race([heard, new Promise((next) => setTimeout(next, 500))])
  }
  return heard
}
