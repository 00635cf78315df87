/** The log as its newest checkpoint shows it, for a server: each question looks at the checkpoint once. */
import type { Checkpoint } from '../formats/checkpoint';
import { type NoteVerifier, noteSizeBytesMax } from '../formats/note';
import { LogTrust } from '../keys/log-key';
import { LogView } from '../log/log-view';
import type { RecordProof } from '../log/reader';
import { damaged } from '../storage/damage';
import { checkpointFile } from '../storage/layout';
import type { LogSource } from '../storage/storage';
import { makeInclusionProof } from '../tree/proof';
import type { Hash, TreeNode } from '../tree/tree';
import { TileCache } from '../tree/verified-tree';

export class CurrentLog {
  readonly source: LogSource;
  #trust: LogTrust;
  readonly #cache = new TileCache();
  #checkpoint: Checkpoint | undefined;

  constructor(source: LogSource, log: NoteVerifier) {
    this.source = source;
    this.#trust = new LogTrust(source, log);
  }

  /** Takes another key for the log's, after a rotation. */
  holdTo(log: NoteVerifier): void {
    this.#trust = new LogTrust(this.source, log);
  }

  /** @throws NexusError `ledger-damaged` */
  async look(): Promise<{ readonly checkpoint: Checkpoint; readonly view: LogView }> {
    const checkpoint = await this.#read();
    this.#checkpoint = checkpoint;
    return { checkpoint, view: new LogView(checkpoint, this.source, this.#cache) };
  }

  async #read(): Promise<Checkpoint> {
    const bytes = await this.source.read(checkpointFile, noteSizeBytesMax);
    if (bytes === undefined) throw damaged(checkpointFile, 'missing');
    const known = this.#checkpoint;
    if (known !== undefined && Buffer.from(bytes).equals(Buffer.from(known.note))) return known;
    return this.#trust.open(bytes).catch((cause: unknown) => {
      throw damaged(checkpointFile, cause instanceof Error ? cause.message : 'unreadable', cause);
    });
  }

  /** Proofs of these entries, all under one checkpoint. */
  async prove(indexes: readonly number[]): Promise<readonly RecordProof[]> {
    const { checkpoint, view } = await this.look();
    const { size, note } = checkpoint;
    const nodes = remembering(view.tree.nodes);
    return Promise.all(
      indexes.map(async (index) => {
        const hashes = await makeInclusionProof(index, size, nodes);
        return { index, size, hashes, checkpoint: note };
      }),
    );
  }
}

type ReadNodes = (nodes: readonly TreeNode[]) => Promise<Hash[]>;

/** Neighbours share most of their proofs: each subtree is hashed once. */
function remembering(read: ReadNodes): ReadNodes {
  const known = new Map<string, Promise<Hash[]>>();
  const readOne = (node: TreeNode): Promise<Hash[]> => {
    const name = `${node.level}/${node.index}`;
    const reading = known.get(name) ?? read([node]);
    known.set(name, reading);
    return reading;
  };
  return async (nodes) => (await Promise.all(nodes.map(readOne))).flat();
}
