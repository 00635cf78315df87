/** How `nexus log` shows records while it still reads: rows of fixed width, or JSON. */
import { kindOf, recordKinds } from '../model';
import type { LedgerEntry } from '../providers/provchain';
import type { Sink } from './io';
import { showControls } from './terminal-text';
import { describeRecord } from './words';

export interface LogPrinter {
  show(entry: LedgerEntry): void;
  /** What stands behind the last record. */
  end(): void;
}

/** A record as JSON has it. */
export function describeEntry({ index, cid, statement, publicKey }: LedgerEntry) {
  return {
    index,
    cid,
    kind: kindOf(statement),
    about: describeRecord(statement),
    signer: Buffer.from(publicKey).toString('hex'),
    statement,
  };
}

/** Rows under a head. @param indexMax the largest index that is to be expected */
export function createTablePrinter(out: Sink, indexMax: number): LogPrinter {
  const widths = [
    Math.max(5, String(indexMax).length),
    Math.max(...recordKinds.map((kind) => kind.length)),
    59,
  ];
  const print = (index: string, kind: string, cid: string, about: string): unknown =>
    out.write(
      `${[index.padStart(widths[0] ?? 0), kind.padEnd(widths[1] ?? 0), cid.padEnd(widths[2] ?? 0), about].join('  ')}\n`,
    );
  let isEmpty = true;
  return {
    show: (entry) => {
      if (isEmpty) print('index', 'kind', 'CID', 'what it says');
      isEmpty = false;
      const { index, kind, cid, about } = describeEntry(entry);
      print(String(index), kind, cid, showControls(about));
    },
    end: () => {
      if (isEmpty) out.write('The ledger has no such record.\n');
    },
  };
}

/** One JSON value, `{"records": […]}`, written record by record. */
export function createJsonPrinter(out: Sink): LogPrinter {
  let separator = '{\n  "records": [';
  return {
    show: (entry) => {
      const text = JSON.stringify(describeEntry(entry), undefined, 2).replace(/\n/g, '\n    ');
      out.write(`${separator}\n    ${text}`);
      separator = ',';
    },
    end: () => {
      out.write(separator === ',' ? '\n  ]\n}\n' : '{\n  "records": []\n}\n');
    },
  };
}

/** One JSON object a line, for records that come. */
export function createJsonLinesPrinter(out: Sink): LogPrinter {
  return {
    show: (entry) => {
      out.write(`${JSON.stringify(describeEntry(entry))}\n`);
    },
    end: () => undefined,
  };
}
