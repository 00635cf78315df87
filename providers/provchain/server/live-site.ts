/**
 * What a server works with, kept up with its files while it runs: the log's key, which `nexus keys rotate log` replaces,
 * the log's policy, and who may append. They are read again before each request that appends, and compared. What is
 * wrong with them is told, and the server goes on as before: a file may be in the middle of being edited.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError } from '../../../model';
import { errorCode } from '../../durable';
import { openSigningKey } from '../keys/key';
import type { OwnLedger } from '../log/ledger';
import type { OpenOwnLedgerAtOptions } from '../log/open-ledger';
import { openLogSource, openOwnLedgerAt } from '../log/open-ledger';
import { policyFile } from '../witness/policy-file';
import { allowedKeyCountMax, LogAdmission } from './admission';
import type { Site } from './appender';
import { CurrentLog } from './current-log';

export interface LiveSiteOptions extends OpenOwnLedgerAtOptions {
  /** Public keys of deployers in hex, whose records are taken. */
  readonly allowed: () => Promise<readonly string[]>;
  /** Told what is wrong with the files. */
  readonly onError: (error: unknown) => void;
}

/** What was read, to be compared with what is read next. */
interface Read {
  readonly keys: string;
  readonly allowed: string;
}

export class LiveSite {
  readonly #options: LiveSiteOptions;
  #site: Site;
  #read: Read;
  #told = '';
  #looking: Promise<unknown> = Promise.resolve();

  private constructor(options: LiveSiteOptions, site: Site, read: Read) {
    this.#options = options;
    this.#site = site;
    this.#read = read;
  }

  /** @throws NexusError `too-many-keys`, `ledger-damaged` */
  static async open(options: LiveSiteOptions): Promise<LiveSite> {
    const keys = await readKeys(options);
    const allowed = await readAllowed(options);
    const ledger = await openOwnLedgerAt(options);
    const source = openLogSource({ place: options.place, verifierKey: ledger.verifierKey });
    const log = new CurrentLog(source, await openLogKey(options));
    const site = { ledger, log, admission: new LogAdmission(log, allowed) };
    await cosignAnew(ledger, options);
    return new LiveSite(options, site, { keys, allowed: allowed.join() });
  }

  get log(): CurrentLog {
    return this.#site.log;
  }

  /** One at a time. */
  look(): Promise<Site> {
    const looking = this.#looking.then(() => this.#look());
    this.#looking = looking;
    return looking;
  }

  async #look(): Promise<Site> {
    await this.#tellingOf(() => this.#lookAtKeys());
    await this.#tellingOf(() => this.#lookAtAllowed());
    return this.#site;
  }

  async #lookAtKeys(): Promise<void> {
    const keys = await readKeys(this.#options);
    if (keys === this.#read.keys) return;
    const before = this.#site.ledger;
    const ledger = await openOwnLedgerAt(this.#options);
    this.#site.log.holdTo(await openLogKey(this.#options));
    this.#site = { ...this.#site, ledger };
    this.#read = { ...this.#read, keys };
    await cosignAnew(ledger, this.#options);
    await before.flush().catch(() => undefined);
  }

  async #lookAtAllowed(): Promise<void> {
    const keys = await readAllowed(this.#options);
    const allowed = keys.join();
    if (allowed === this.#read.allowed) return;
    this.#site = { ...this.#site, admission: new LogAdmission(this.#site.log, keys) };
    this.#read = { ...this.#read, allowed };
  }

  /** The same thing is told once, however many requests come. */
  async #tellingOf(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#told) this.#options.onError(error);
      this.#told = text;
    }
  }
}

/** Who has the policy can read the log from now on, also where it was published before. Without witnesses it is served too. */
async function cosignAnew(ledger: OwnLedger, { onError }: LiveSiteOptions): Promise<void> {
  await ledger.checkPublishable().catch(onError);
}

const openLogKey = ({ keysFolder, random }: LiveSiteOptions) =>
  openSigningKey({ folder: keysFolder, role: 'log', random });

async function readKeys({ keysFolder }: LiveSiteOptions): Promise<string> {
  const files = ['log.key', policyFile].map((name) => readIfThere(join(keysFolder, name)));
  return (await Promise.all(files)).join('\n');
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
}

async function readAllowed({ allowed }: LiveSiteOptions): Promise<readonly string[]> {
  const keys = await allowed();
  if (keys.length <= allowedKeyCountMax) return keys;
  throw new NexusError(
    'too-many-keys',
    `Cannot serve the ledger for ${keys.length} keys: expected at most ${allowedKeyCountMax}`,
    { hint: 'Name the deployers only: they introduce the keys of their nodes.' },
  );
}
