/** Keys, and a log in memory with its checkpoints and proofs, for the tests of witnesses. */
import {
  formatCheckpointText,
  formatPolicy,
  type Hash,
  leafHash,
  makeConsistencyProof,
  type NoteSigner,
  type Policy,
  type PolicyWitness,
  signingKeyFromSeed,
  signNote,
  treeRoot,
} from '../../../providers/provchain';
import { perfectRoot } from '../../../providers/provchain/tree/tree';

const seed = (number: number): Uint8Array => new Uint8Array(32).fill(number);
export const logKeyOf = (number: number): NoteSigner => signingKeyFromSeed(seed(number), 'log');
export const witnessKeyOf = (number: number): NoteSigner => signingKeyFromSeed(seed(100 + number), 'witness');

/** A log whose entries are words; another word makes another history. */
export class WordLog {
  readonly leaves: readonly Hash[];

  constructor(
    words: readonly string[],
    readonly key: NoteSigner = logKeyOf(1),
  ) {
    this.leaves = words.map((word) => leafHash(Buffer.from(word)));
  }

  root(size: number): Hash {
    return treeRoot(this.leaves.slice(0, size));
  }

  checkpoint(size: number, extensions: readonly string[] = []): string {
    const { name: origin } = this.key;
    return signNote(formatCheckpointText({ origin, size, root: this.root(size), extensions }), this.key);
  }

  prove(from: number, to: number): Promise<Hash[]> {
    return makeConsistencyProof(from, to, async (nodes) =>
      nodes.map(({ level, index }) =>
        perfectRoot(this.leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
      ),
    );
  }
}

export const wordsOf = (count: number, prefix = 'word'): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

export const witnessNames = ['north', 'south', 'east'] as const;

/** Two of three witnesses, whose keys are {@link witnessKeyOf} 0 to 2. */
export function policyOf(log: NoteSigner, urls: readonly (string | undefined)[] = []): Policy {
  const witnesses = witnessNames.map((name, at): PolicyWitness => {
    const { name: keyName, publicKey } = witnessKeyOf(at);
    const url = urls[at];
    return { name, cosigner: { name: keyName, publicKey }, ...(url !== undefined && { url }) };
  });
  return {
    logs: [{ verifier: { name: log.name, publicKey: log.publicKey } }],
    witnesses,
    groups: [{ name: 'two', threshold: 2, members: witnessNames }],
    quorum: 'two',
  };
}

export const policyText = (policy: Policy): string => Buffer.from(formatPolicy(policy)).toString();
