/**
 * The third of the real losses of public logs: two transient failures and a wrong reload. The first one hits the commit,
 * which has happened or has not; the second hits what the writer reads to find out; the process goes on with what it
 * takes for the head, and here finds the checkpoint set back as well. (The other two, a full disk and overload, stand in
 * interleaving.test.ts and ledger.test.ts.)
 */
import { auditStorage } from '../../../providers/provchain/audit/audit';
import { startLedger } from '../../../providers/provchain/log/ledger';
import { deployer, logKey, randomOf, Simulation, statementOf, storageOf, type Verdict } from './simulation';

interface Faults {
  readonly first: { readonly at: number; readonly verdict: Verdict };
  readonly secondAt: number;
}

interface Outcome {
  readonly simulation: Simulation;
  /** Receipts by the number of the record. */
  readonly receipts: Map<number, { readonly cid: string; readonly index: number }>;
}

/** One process that appends three records one by one, whatever it is told. */
async function appendUnder(faults?: Faults): Promise<Outcome> {
  const simulation: Simulation = new Simulation({
    random: () => 0,
    judge: ({ number }) => {
      if (number === faults?.secondAt) return 'fail';
      if (number !== faults?.first.at) return 'go';
      setBack(simulation);
      return faults.first.verdict;
    },
  });
  await simulation.prepare();
  checkpointBefore = simulation.disk.file('checkpoint')?.bytes;
  const receipts: Outcome['receipts'] = new Map();
  const begin = async (): Promise<void> => {
    const ledger = await simulation.open(1);
    for (const number of [1, 2, 3])
      await ledger.append(statementOf(number), deployer).then(
        (receipt) => receipts.set(number, receipt),
        () => undefined,
      );
  };
  void begin().catch(() => undefined);
  await simulation.run();
  return { simulation, receipts };
}

let checkpointBefore: Uint8Array | undefined;

/** A reload that trusts the checkpoint would build on this. */
function setBack({ disk }: Simulation): void {
  const file = disk.file('checkpoint');
  if (file !== undefined && checkpointBefore !== undefined) file.bytes = checkpointBefore;
}

async function check({ simulation, receipts }: Outcome, faults: Faults, isPowerCut: boolean): Promise<void> {
  if (isPowerCut) simulation.disk.cutPower(randomOf(faults.secondAt));
  const context = {
    ...simulation.context(9),
    storage: storageOf(simulation.disk),
    sleep: async () => undefined,
  };
  const ledger = await startLedger(context);
  const cids: string[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  const { findings } = await auditStorage(storageOf(simulation.disk), logKey);
  const lost = [...receipts.values()].filter(({ cid, index }) => cids[index] !== cid);
  const forks = [...simulation.signedRoots.values()].filter((roots) => roots.size > 1);
  expect({ faults, isPowerCut, findings, lost, forks }).toEqual({
    faults,
    isPowerCut,
    findings: [],
    lost: [],
    forks: [],
  });
}

test.each<Verdict>(['fail', 'fail-after'])(
  'two transient failures, the first of kind "%s", and a wrong reload lose nothing and make no fork',
  async (verdict) => {
    const stepCount = (await appendUnder()).simulation.steps.length;
    let acknowledgedCount = 0;
    for (let at = 0; at < stepCount; at += 1)
      for (const distance of [1, 3, 6]) {
        const faults = { first: { at, verdict }, secondAt: at + distance };
        const outcome = await appendUnder(faults);
        acknowledgedCount += outcome.receipts.size;
        await check(outcome, faults, at % 2 === 0);
      }
    // Most of what is appended after the failures goes in.
    expect(acknowledgedCount).toBeGreaterThan(stepCount);
  },
);
