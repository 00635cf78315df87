/** Why the door (seal.ts) does not let an archive in; it becomes a NexusError once the archive's name is known. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    /** Of the entry, as the archive has it. */
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}
