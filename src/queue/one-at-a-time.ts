/** Runs work of one name one at a time. */
export class OneAtATime {
  private readonly turns = new Map<string, { again: boolean; done: Promise<void> }>();

  /**
   * Resolves when the work is done; at once if it is being done already. With `again` it is then done once more after
   * that, however many asked: what they want done may have come too late for the run under way.
   */
  run(name: string, work: () => Promise<void>, { again }: { again: boolean }): Promise<void> {
    const current = this.turns.get(name);
    if (current) {
      current.again ||= again;
      return Promise.resolve();
    }
    const turn = { again: false, done: Promise.resolve() };
    this.turns.set(name, turn);
    turn.done = this.repeat(name, turn, work);
    return turn.done;
  }

  /** Resolves when nothing is being done, however it ends. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.turns.values()].map(({ done }) => done));
  }

  private async repeat(name: string, turn: { again: boolean }, work: () => Promise<void>): Promise<void> {
    let failure: { error: unknown } | undefined;
    do {
      turn.again = false;
      failure = undefined;
      try {
        await work();
      } catch (error) {
        failure = { error };
      }
    } while (turn.again);
    this.turns.delete(name);
    if (failure) throw failure.error;
  }
}
