/** A ledger of a folder that is served over real HTTP, and what its tests ask of it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStatement, formatStatement, type Statement } from '../../../../model';
import {
  type Ledger,
  type LedgerServer,
  openLedger,
  openRemoteLedger,
  preAuthEncoding,
  type ServeLedgerOptions,
  type SignedRecord,
  type SigningKey,
  serveLedger,
  signingKeyFromSeed,
} from '../../../../providers/provchain';
import { formatAppendRequest } from '../../../../providers/provchain/formats/append-request';

const keyOf = (digit: number): SigningKey => signingKeyFromSeed(new Uint8Array(32).fill(digit), 'deployer');
export const hex = ({ publicKey }: Pick<SigningKey, 'publicKey'>): string =>
  Buffer.from(publicKey).toString('hex');
/** Only the first is admitted from the start. */
export const [deployer, node, stranger, second] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4)] as const;
export const json = { 'content-type': 'application/json' };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export const codeOf = ({ body }: Answer): string => JSON.parse(body.toString()).error.code;

export function signed(statement: Statement, signer: SigningKey): SignedRecord {
  const payload = formatStatement(statement);
  return { payload, signature: signer.sign(preAuthEncoding(payload)), publicKey: signer.publicKey };
}

let number = 0;
/** Each is another. */
export function introduction(name = `n${number}`, key = hex(node)): Statement {
  number += 1;
  return createStatement('key', { role: 'node', name, key });
}

export interface Served {
  readonly home: string;
  readonly folder: string;
  readonly options: Omit<ServeLedgerOptions, 'allowed' | 'listen'>;
  readonly server: LedgerServer;
  /** Keys of deployers that the server admits; may be changed while it runs. */
  readonly allowed: string[];
  readonly verifierKey: string;
  readonly local: Ledger;
  readonly remote: Ledger;
  /** What a server said was its own fault. */
  readonly errors: unknown[];
  ask(path: string, method?: string, headers?: Record<string, string>, body?: Uint8Array): Promise<Answer>;
  post(body: string | Uint8Array, headers?: Record<string, string>): Promise<Answer>;
  postRecords(...records: SignedRecord[]): Promise<Answer>;
  end(): Promise<void>;
}

export async function startServed(): Promise<Served> {
  const home = mkdtempSync(join(tmpdir(), 'served-'));
  const [folder, keysFolder] = [join(home, 'ledger'), join(home, 'keys')];
  const errors: unknown[] = [];
  const options = {
    place: { kind: 'folder', folder } as const,
    keysFolder,
    clock: Date.now,
    random: (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes)),
    onError: (error: unknown) => void errors.push(error),
  };
  const allowed = [hex(deployer)];
  const server = await serveLedger({ ...options, allowed: async () => [...allowed], listen: '127.0.0.1:0' });
  const verifierKey = readFileSync(join(keysFolder, 'log.pub'), 'utf8');
  const local = await openLedger({ folder, keysFolder, clock: Date.now });
  const remote = await openRemoteLedger({ url: server.url, verifierKey });
  const asking: Served['ask'] = (path, method = 'GET', headers = {}, body) =>
    ask(server.url, path, { method, headers }, body);
  const post: Served['post'] = (body, headers = json) => {
    const bytes = Buffer.from(body);
    return asking('/append', 'POST', { 'content-length': String(bytes.length), ...headers }, bytes);
  };
  return {
    home,
    folder,
    options,
    server,
    allowed,
    verifierKey,
    local,
    remote,
    errors,
    ask: asking,
    post,
    postRecords: (...records) => post(formatAppendRequest({ origin: local.origin, records })),
    end: async () => {
      await server.close();
      rmSync(home, { recursive: true });
    },
  };
}

/** The path goes out as it is, however odd. */
function ask(
  url: string,
  path: string,
  options: { readonly method: string; readonly headers: Record<string, string> },
  body?: Uint8Array,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = requestHttp({ hostname, port, path, ...options, agent: false }, async (response) => {
      const parts: Uint8Array[] = [];
      for await (const part of response) parts.push(part);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
    });
    request.on('error', reject);
    request.end(body);
  });
}
