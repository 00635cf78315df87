/**
 * Writers against each other and against the disk. Set LEDGER_SEED to run one seed again, LEDGER_RUNS for more of them.
 * Both together: that many seeds from that one on.
 */
import { NexusError } from '../../../model';
import type { Ledger, Receipt } from '../../../providers/provchain';
import { auditStorage } from '../../../providers/provchain/audit/audit';
import { startLedger } from '../../../providers/provchain/log/ledger';
import {
  deployer,
  logKey,
  randomOf,
  Simulation,
  type SimulationOptions,
  statementOf,
  storageOf,
} from './simulation';

const { LEDGER_SEED, LEDGER_RUNS = LEDGER_SEED === undefined ? 40 : 1 } = process.env;
const firstSeed = Number(LEDGER_SEED ?? Date.now() % 1_000_000);
const seeds = Array.from({ length: Number(LEDGER_RUNS) }, (_, at) => firstSeed + at);

/** What the processes were told. */
interface Outcomes {
  readonly receipts: Map<number, Receipt>;
  readonly errors: Map<number, unknown>;
}

const newOutcomes = (): Outcomes => ({ receipts: new Map(), errors: new Map() });

async function appendAll(
  ledger: Ledger,
  numbers: readonly number[],
  outcomes: Outcomes,
  isOneByOne: boolean,
): Promise<void> {
  const append = (number: number): Promise<void> =>
    ledger.append(statementOf(number), deployer, { once: number % 2 === 0 }).then(
      (receipt) => void outcomes.receipts.set(number, receipt),
      (error: unknown) => void outcomes.errors.set(number, error),
    );
  if (!isOneByOne) await Promise.all(numbers.map(append));
  else for (const number of numbers) await append(number);
}

function startProcess(
  simulation: Simulation,
  process: number,
  numbers: readonly number[],
  outcomes: Outcomes,
): void {
  const begin = async (): Promise<void> => {
    const ledger = await simulation.open(process);
    await appendAll(ledger, numbers, outcomes, process % 2 === 0);
  };
  void begin().catch((error: unknown) => {
    for (const number of numbers) if (!outcomes.receipts.has(number)) outcomes.errors.set(number, error);
  });
}

/** Opens the ledger anew, and holds it against what the processes were told. */
async function checkAfterwards(simulation: Simulation, { receipts, errors }: Outcomes): Promise<number> {
  const context = {
    ...simulation.context(99),
    storage: storageOf(simulation.disk),
    sleep: async () => undefined,
  };
  const ledger = await startLedger(context);
  const report = await auditStorage(storageOf(simulation.disk), logKey);
  expect({ seed: simulation.seed, findings: report.findings }).toEqual({
    seed: simulation.seed,
    findings: [],
  });
  const cids: string[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  expect(new Set(cids).size).toBe(cids.length);
  for (const { cid, index } of receipts.values()) expect(cids[index]).toBe(cid);
  for (const roots of simulation.signedRoots.values()) expect(roots.size).toBe(1);
  const next = await ledger.append(statementOf(9999), deployer, { once: true });
  expect(next.index).toBe(cids.length);
  for (const number of errors.keys()) await checkRepeated(ledger, number);
  return cids.length;
}

/** Whatever an error said: appending once again has the record in the ledger, one time. */
async function checkRepeated(ledger: Ledger, number: number): Promise<void> {
  const { cid, index } = await ledger.append(statementOf(number), deployer, { once: true });
  expect((await ledger.find(cid))?.index).toBe(index);
}

/** Without crashes nothing is left to finish: the checkpoint is the head's, as the world sees it. */
async function checkPublished(simulation: Simulation, size: number): Promise<void> {
  const report = await auditStorage(storageOf(simulation.disk), logKey);
  expect(report).toMatchObject({ size, pendingCount: 0, recordCount: size, findings: [], leftovers: [] });
}

async function newSimulation(options: SimulationOptions): Promise<Simulation> {
  const simulation = new Simulation(options);
  await simulation.prepare();
  return simulation;
}

const numbersOf = (process: number): number[] => [1, 2, 3, 4].map((each) => process * 100 + each);

test(`writers at once lose nothing, add nothing twice and make no fork (seeds from ${firstSeed})`, async () => {
  for (const seed of seeds) {
    const simulation = await newSimulation({ random: randomOf(seed) });
    const outcomes = newOutcomes();
    for (const process of [1, 2, 3]) startProcess(simulation, process, numbersOf(process), outcomes);
    await simulation.run();
    expect({ seed, errors: [...outcomes.errors.values()] }).toEqual({ seed, errors: [] });
    expect(outcomes.receipts.size).toBe(12);
    await checkPublished(simulation, 12);
    expect(await checkAfterwards(simulation, outcomes)).toBe(12);
  }
});

test(`the same records appended once by several writers stand there once (seeds from ${firstSeed})`, async () => {
  for (const seed of seeds) {
    const simulation = await newSimulation({ random: randomOf(seed) });
    const outcomes = [1, 2, 3].map(newOutcomes);
    for (const [at, outcome] of outcomes.entries()) startProcess(simulation, at + 1, [2, 4, 6], outcome);
    await simulation.run();
    const [first, ...others] = outcomes.map(({ receipts }) =>
      [...receipts].map(([number, { index }]) => [number, index]).sort(),
    );
    expect(first).toHaveLength(3);
    await checkPublished(simulation, 3);
    for (const other of others) expect(other).toEqual(first);
    expect(await checkAfterwards(simulation, outcomes[0] ?? newOutcomes())).toBe(3);
  }
});

test(`processes that die, and faults of the disk, cost no acknowledged record (seeds from ${firstSeed})`, async () => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    const faults = ['fail', 'fail-after', 'crash', 'crash-after'] as const;
    const judge: SimulationOptions['judge'] = ({ call }) =>
      call !== 'sleep' && random() < 0.01 ? (faults[Math.floor(random() * faults.length)] ?? 'go') : 'go';
    const simulation = await newSimulation({ random, judge });
    const outcomes = newOutcomes();
    for (const process of [1, 2, 3]) startProcess(simulation, process, numbersOf(process), outcomes);
    await simulation.run();
    await checkAfterwards(simulation, outcomes);
  }
});

test(`a power cut at any moment costs no acknowledged record (seeds from ${firstSeed})`, async () => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    // Some die when they have just won, so that another finishes for them what does not last yet.
    const judge: SimulationOptions['judge'] = ({ call, path }) =>
      call === 'rename' && path.startsWith('commits/head-') && random() < 0.3 ? 'crash-after' : 'go';
    const simulation = await newSimulation({ random, judge });
    const outcomes = newOutcomes();
    for (const process of [1, 2, 3]) startProcess(simulation, process, numbersOf(process), outcomes);
    const steps = random() * 900;
    await simulation.run(() => simulation.steps.length > steps);
    for (const process of [1, 2, 3]) simulation.crash(process);
    simulation.disk.cutPower(random);
    await checkAfterwards(simulation, outcomes);
  }
});

/** Appends one by one, and flushes after every other. */
function startFlushing(
  simulation: Simulation,
  process: number,
  numbers: readonly number[],
  outcomes: Outcomes,
): void {
  const begin = async (): Promise<void> => {
    const ledger = await simulation.open(process);
    for (const number of numbers) {
      await appendAll(ledger, [number], outcomes, true);
      if (number % 2 === 0) void ledger.flush().catch(() => undefined);
    }
  };
  void begin().catch(() => undefined);
}

test(`a power cut beside flushes, and where tiles fill up, costs nothing either (seeds from ${firstSeed})`, async () => {
  for (const seed of seeds) {
    const random = randomOf(seed);
    const simulation = new Simulation({ random, seed });
    await simulation.prepareWith(250 + Math.floor(random() * 6));
    const outcomes = newOutcomes();
    for (const process of [1, 2, 3]) startFlushing(simulation, process, numbersOf(process), outcomes);
    // Some sleep through a part of it, and wake before the cut.
    const [from, to, end] = [random(), random(), random()].sort().map((share) => share * 2400);
    await simulation.run(() => simulation.steps.length > (from ?? 0));
    const sleeping = random() < 0.7 ? simulation.putToSleep(1) : [];
    await simulation.run(() => simulation.steps.length > (to ?? 0));
    simulation.wake(sleeping);
    await simulation.run(() => simulation.steps.length > (end ?? 0));
    for (const process of [1, 2, 3]) simulation.crash(process);
    simulation.disk.cutPower(random);
    await checkAfterwards(simulation, outcomes);
  }
});

test('a writer that sleeps at any step while others go on does no harm when it wakes', async () => {
  const stepCount = await countSteps();
  for (let sleepAt = 0; sleepAt < stepCount; sleepAt += 1) {
    const simulation = await newSimulation({ random: () => 0 });
    const outcomes = newOutcomes();
    startProcess(simulation, 1, [101, 102], outcomes);
    await simulation.run(() => simulation.steps.length >= sleepAt);
    const sleeping = simulation.putToSleep(1);
    startProcess(simulation, 2, [201, 202, 203], outcomes);
    await simulation.run();
    simulation.wake(sleeping);
    await simulation.run();
    expect({ sleepAt, errors: [...outcomes.errors.values()] }).toEqual({ sleepAt, errors: [] });
    await checkPublished(simulation, 5);
    expect(await checkAfterwards(simulation, outcomes)).toBe(5);
  }
});

async function countSteps(): Promise<number> {
  const simulation = await newSimulation({ random: () => 0 });
  startProcess(simulation, 1, [101, 102], newOutcomes());
  await simulation.run();
  return simulation.steps.length;
}

describe.each(['fail', 'fail-after', 'crash', 'crash-after'] as const)('a fault of kind "%s"', (verdict) => {
  test.each(['EIO', 'ENOSPC'])(
    'with %s at each step of an append is told truly and loses nothing',
    async (code) => {
      const stepCount = await countSteps();
      const codes = new Set<string>();
      for (let faultAt = 0; faultAt < stepCount; faultAt += 1) {
        const random = randomOf(faultAt);
        const judge: SimulationOptions['judge'] = ({ number }) => (number === faultAt ? verdict : 'go');
        const simulation = await newSimulation({ random, judge, code });
        const outcomes = newOutcomes();
        startProcess(simulation, 1, [101, 102], outcomes);
        await simulation.run();
        for (const error of outcomes.errors.values()) if (error instanceof NexusError) codes.add(error.code);
        await checkTold(simulation, outcomes);
        if (verdict.startsWith('crash')) simulation.disk.cutPower(random);
        await checkAfterwards(simulation, outcomes);
      }
      expect([...codes].sort()).toEqual(verdict.startsWith('crash') ? [] : expectedCodes);
    },
  );
});

const expectedCodes = ['append-failed', 'append-uncertain', 'append-unpublished'];

/** "Nothing was added" and "the record is safe" must be so. */
async function checkTold(simulation: Simulation, outcomes: Outcomes): Promise<void> {
  const context = {
    ...simulation.context(98),
    storage: storageOf(simulation.disk),
    sleep: async () => undefined,
  };
  const ledger = await startLedger(context);
  const names = new Set<string>();
  for await (const { statement } of ledger.entries()) names.add(JSON.stringify(statement));
  for (const [number, error] of outcomes.errors) {
    const code = error instanceof NexusError ? error.code : 'other';
    const isIn = names.has(JSON.stringify(statementOf(number)));
    if (code === 'append-failed') expect(isIn).toBe(false);
    if (code === 'append-unpublished') expect(isIn).toBe(true);
  }
}
