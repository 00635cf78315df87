/** Works off a list that may grow meanwhile, some at a time. The first error ends it, when all at work have ended. */
export async function workOff<T>(items: T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while ((items.length > 0 && failures.length === 0) || running.size > 0) {
    while (items.length > 0 && failures.length === 0 && running.size < limit) {
      const item = items.shift();
      if (item === undefined) break;
      const job: Promise<void> = work(item)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(job));
      running.add(job);
    }
    if (running.size > 0) await Promise.race(running);
  }
  if (failures.length > 0) throw failures[0];
}
