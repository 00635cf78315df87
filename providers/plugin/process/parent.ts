/** Watches the parent: after a crash of Terraform its providers would stay behind as orphans. */

const intervalMs = 500;

/**
 * Calls back once when the process that started this one is gone, which shows in another parent's id.
 * @returns ends the watch
 */
export function watchParent(onDeath: () => void, parentId: () => number = () => process.ppid): () => void {
  const first = parentId();
  const timer = setInterval(() => {
    if (parentId() === first) return;
    clearInterval(timer);
    onDeath();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
