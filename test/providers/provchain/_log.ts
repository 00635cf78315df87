/** A log in memory: signed entries without tree and disk, for the rules of who may say what. */
import {
  cidOfRaw,
  createStatement,
  formatStatement,
  type KeyIntroduction,
  type Predicates,
  type RecordKind,
  type Statement,
  sha256,
} from '../../../model';
import {
  Authority,
  Floors,
  type LedgerEntry,
  preAuthEncoding,
  rotationText,
  type SigningKey,
  signingKeyFromSeed,
} from '../../../providers/provchain';

export const keyOf = (name: string): SigningKey => signingKeyFromSeed(sha256(Buffer.from(name)), 'deployer');
export const hex = (key: SigningKey): string => Buffer.from(key.publicKey).toString('hex');
export const at = '2026-01-31T12:00:00.000Z';

export class Log {
  readonly entries: LedgerEntry[] = [];

  /** Appends a record. @returns its index */
  add<K extends Exclude<RecordKind, 'boot' | 'heartbeat'>>(
    signer: SigningKey,
    kind: K,
    predicate: Predicates[K],
  ): number {
    const statement = createStatement(kind, predicate) as Statement;
    const payload = formatStatement(statement);
    const envelope = { payload, signature: signer.sign(preAuthEncoding(payload)) };
    const { publicKey } = signer;
    const index = this.entries.length;
    this.entries.push({ cid: cidOfRaw(payload), index, statement, envelope, publicKey });
    return index;
  }

  introduce(signer: SigningKey, key: SigningKey, role: KeyIntroduction['role'], name: string): number {
    return this.add(signer, 'key', { role, name, key: hex(key) });
  }

  /** @param agreeing who signs for the new key */
  rotate(from: SigningKey, to: SigningKey, signer = from, agreeing = to): number {
    const claim = { role: 'deployer', name: 'deployer', key: hex(to), replaces: hex(from) } as const;
    const proof = Buffer.from(agreeing.sign(rotationText(claim))).toString('hex');
    return this.add(signer, 'key', { ...claim, proof, at });
  }

  revoke(signer: SigningKey, key: SigningKey, fromIndex?: number): number {
    return this.add(signer, 'revocation', {
      key: hex(key),
      role: 'deployer',
      name: 'deployer',
      ...(fromIndex === undefined ? {} : { fromIndex }),
      reason: 'stolen',
      at,
    });
  }

  /** Any record that only a deployer may sign. */
  release(signer: SigningKey, name = `r${this.entries.length}`, kdl = name): number {
    return this.add(signer, 'release', {
      name,
      systems: { n: { kdl: cidOfRaw(Buffer.from(kdl)) } },
      images: {},
      meshes: {},
      placement: {},
    });
  }

  floor(signer: SigningKey, releaseIndex: number): number {
    return this.add(signer, 'floor', { release: this.cid(releaseIndex), at });
  }

  cid(index: number): string {
    return this.entries[index]?.cid ?? '';
  }

  authority(anchor: SigningKey): Authority {
    const authority = new Authority(hex(anchor));
    for (const entry of this.entries) authority.take(entry);
    return authority;
  }

  /** Indices of the entries that count as the deployer's. */
  deployers(anchor: SigningKey): number[] {
    const authority = this.authority(anchor);
    return this.entries.filter((entry) => authority.isDeployers(entry)).map(({ index }) => index);
  }

  floors(anchor: SigningKey): Floors {
    const authority = this.authority(anchor);
    const floors = new Floors(authority);
    for (const entry of this.entries) floors.take(entry);
    return floors;
  }
}
