/** The log as its newest checkpoint shows it, for a server: each question looks at the checkpoint once. */
import type { Checkpoint } from '../checkpoint';
import { LogView } from '../log-view';
import type { NoteVerifier } from '../note';
import { makeInclusionProof } from '../proof';
import type { RecordProof } from '../reader';
import { readCheckpoint } from '../settle';
import type { LogSource } from '../storage';
import type { Hash, TreeNode } from '../tree';
import { TileCache } from '../verified-tree';

export class CurrentLog {
  readonly source: LogSource;
  readonly log: NoteVerifier;
  readonly #cache = new TileCache();
  #checkpoint: Checkpoint | undefined;

  constructor(source: LogSource, log: NoteVerifier) {
    this.source = source;
    this.log = log;
  }

  /** @throws NexusError `ledger-damaged` */
  async look(): Promise<{ readonly checkpoint: Checkpoint; readonly view: LogView }> {
    const checkpoint = await readCheckpoint(this.source, this.log, this.#checkpoint);
    this.#checkpoint = checkpoint;
    return { checkpoint, view: new LogView(checkpoint, this.source, this.#cache) };
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
