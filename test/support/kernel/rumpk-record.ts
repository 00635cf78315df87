/**
 * Records as a kernel writes them, `@nexus record <signature> <statement>`, read and checked with node:crypto alone, so
 * that nothing the project itself made decides whether the project is right.
 */
import { createPublicKey, verify } from 'node:crypto';

export interface BootPredicate {
  readonly node: string;
  readonly key: string;
  readonly release: string;
  readonly config: string;
  readonly nonce?: string;
  readonly epoch: string;
  readonly sequence: string;
  readonly uptimeMicros: string;
  readonly cells: readonly { readonly name: string; readonly state: string }[];
  readonly peers: readonly { readonly name: string; readonly cellId: string; readonly heard: boolean }[];
}

export interface KernelRecord {
  readonly text: string;
  readonly signature: Buffer;
  readonly statement: {
    readonly _type: string;
    readonly subject: readonly [{ readonly name: string; readonly digest: { readonly sha256: string } }];
    readonly predicateType: string;
    readonly predicate: BootPredicate;
  };
}

const linePattern = /^@nexus record ([0-9a-f]{128}) (\{.*\})$/;

export function isRecord(line: string): boolean {
  return linePattern.test(line);
}

export function parseRecordLine(line: string): KernelRecord {
  const [, signature, text] = linePattern.exec(line) ?? [];
  if (signature === undefined || text === undefined) throw new Error(`no record: ${line}`);
  return { text, signature: Buffer.from(signature, 'hex'), statement: JSON.parse(text) };
}

export function isSignedBy({ text, signature }: KernelRecord, publicKey: Uint8Array): boolean {
  const type = 'application/vnd.in-toto+json';
  const message = Buffer.from(`DSSEv1 ${type.length} ${type} ${text.length} ${text}`);
  const key = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  return verify(null, message, createPublicKey({ key, format: 'der', type: 'spki' }), signature);
}
