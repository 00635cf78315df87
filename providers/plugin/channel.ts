/** Values pushed by one side and read by the other as an async iteration, in order, none lost. */
export class Channel<T> {
  private readonly waiting: T[] = [];
  private ended = false;
  private wake: () => void = () => {};

  push(value: T): void {
    this.waiting.push(value);
    this.wake();
  }

  /** What was pushed before it is still read. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      yield* this.waiting.splice(0);
      if (this.waiting.length > 0) continue;
      if (this.ended) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
