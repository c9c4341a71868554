/** Work in the same lane runs one after the other; lanes run side by side. */
export class Lanes {
  private readonly tails = new Map<string, Promise<void>>();

  /** `work` must not reject. */
  run(lane: string, work: () => Promise<void>): Promise<void> {
    const tail = (this.tails.get(lane) ?? Promise.resolve()).then(work).then(() => {
      if (this.tails.get(lane) === tail) this.tails.delete(lane);
    });
    this.tails.set(lane, tail);
    return tail;
  }
}

/** At most so many at once; the others wait their turn. */
export class Slots {
  private readonly queue: (() => void)[] = [];

  constructor(private free: number) {}

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
