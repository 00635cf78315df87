/** The real kernel in real machines: boot, records, cells, and everything that must end with a clear word. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDigest, formatNodeConfig } from '../../providers/deploy';
import { compileKernel } from '../../providers/factory';
import {
  helloImage,
  isRecord,
  isSignedBy,
  KernelRig,
  kernelFolder,
  nodeConfig,
  parseRecordLine,
  publicKeyOf,
  type RumpkMachine,
  type TestCell,
  testImage,
  testKernel,
  testNonce,
} from '../support/kernel';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const rig = new KernelRig();
afterEach(() => rig.stop());

describe('records', () => {
  test('the first record is a signed boot record with the digest of the image and of the configuration', async () => {
    const [image, config] = [await helloImage(), nodeConfig('n1', ['n1', 'n2'], { epoch: 2n ** 64n - 1n })];
    const record = parseRecordLine(await rig.boot(image, config).waitFor(isRecord));
    expect(isSignedBy(record, publicKeyOf('n1'))).toBe(true);
    expect(record.statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'n1', digest: { sha256: sha256(image) } }],
      predicateType: 'https://factory.nexus.internal/provchain/boot/v1',
      predicate: {
        node: 'n1',
        key: hex(publicKeyOf('n1')),
        release: config.release,
        config: hex(configDigest(config)),
        nonce: hex(testNonce),
        epoch: '18446744073709551615',
        sequence: '1',
        uptimeMicros: expect.stringMatching(/^[1-9]\d*$/),
        cells: [{ name: 'hello', state: 'running' }],
        peers: [{ name: 'n2', cellId: hex(config.peers[0]?.cellId ?? new Uint8Array()), heard: false }],
      },
    });
    expect(JSON.stringify(record.statement)).toBe(record.text);
  });

  test('a challenge is answered with a signed boot record that carries its nonce', async () => {
    const [image, nonce] = [await helloImage(), 'ab'.repeat(32)];
    const machine = rig.boot(image, nodeConfig('n1', ['n1']));
    await machine.waitFor('n1 is up');
    machine.send(`@nexus challenge ${nonce}\n`);
    const record = parseRecordLine(await machine.waitFor((line) => isRecord(line) && line.includes(nonce)));
    expect(isSignedBy(record, publicKeyOf('n1'))).toBe(true);
    expect(record.statement.predicate.nonce).toBe(nonce);
    expect(record.statement.subject[0].digest.sha256).toBe(sha256(image));
  });

  test('lines that are no challenge are ignored, and the next challenge is still answered', async () => {
    const machine = rig.boot(await helloImage(), nodeConfig('n1', ['n1'], { heartbeatIntervalMs: 60_000 }));
    await machine.waitFor('n1 is up');
    const nonce = 'cd'.repeat(32);
    const bad = [
      `@nexus challenge ${'AB'.repeat(32)}`,
      '@nexus challenge 12',
      `@nexus challenge ${'ab'.repeat(32)}0`,
      'x'.repeat(100_000),
      '\0\x01\xff@nexus',
      '',
    ];
    machine.send(`${bad.join('\n')}\n@nexus challenge ${nonce}\r\n`);
    const answer = parseRecordLine(await machine.waitFor(isRecord));
    expect(answer.statement.predicate.nonce).toBe(nonce);
    expect(answer.statement.predicate.sequence).toBe('2');
  });

  test('heartbeats come in their interval, signed, without a nonce, each with the next sequence', async () => {
    const machine = rig.boot(await helloImage(), nodeConfig('n1', ['n1'], { heartbeatIntervalMs: 200 }));
    const isHeartbeat = (line: string): boolean => isRecord(line) && line.includes('/heartbeat/v1');
    for (const sequence of ['2', '3', '4']) {
      const record = parseRecordLine(await machine.waitFor(isHeartbeat));
      expect(isSignedBy(record, publicKeyOf('n1'))).toBe(true);
      expect(record.statement.predicate).toMatchObject({ sequence, node: 'n1' });
      expect(record.statement.predicate).not.toHaveProperty('nonce');
    }
  });

  test('the largest mesh and the longest names fit into one record', async () => {
    const names = Array.from({ length: 65 }, (_, index) => `n${String(index).padStart(30, '0')}`);
    const [first = ''] = names;
    const config = nodeConfig(first, names);
    const machine = rig.boot(await helloImage(), config);
    const record = parseRecordLine(await machine.waitFor(isRecord));
    expect(isSignedBy(record, publicKeyOf(first))).toBe(true);
    expect(record.statement.predicate.peers).toHaveLength(64);
  });
});

describe('cells', () => {
  const spinner: TestCell = {
    name: 'spinner',
    pledges: ['stdio'],
    text: 'int main(void) { nexus_print("spins\\n"); for (volatile int i = 0;; i++) continue; }',
  };
  const ticker: TestCell = {
    name: 'ticker',
    pledges: ['stdio', 'clock'],
    text: 'int main(void) { for (int i = 0; i < 5; i++) { nexus_sleep_micros(50000); nexus_print("tick\\n"); } return 0; }',
  };

  /** Boots the cell beside a spinning and a ticking one; both must outlive it. */
  async function endOf(cell: TestCell): Promise<{ said: string; states: Record<string, string> }> {
    const machine = rig.boot(await testImage([spinner, cell, ticker]), nodeConfig('n1', ['n1']));
    const said = await machine.waitFor(`rumpk: cell ${cell.name} ended`);
    for (let ticks = 0; ticks < 5; ticks += 1) await machine.waitFor('ticker: tick');
    const record = parseRecordLine(await machine.waitFor(isRecord));
    const states = record.statement.predicate.cells.map(({ name, state }) => [name, state]);
    return { said, states: Object.fromEntries(states) };
  }

  test.each([
    ['a call it has not pledged', 'int main(void) { nexus_peers(); return 0; }', 'pledge-violation, call 5'],
    ['a call that does not exist', 'int main(void) { nexus_call(99, 0, 0); }', 'pledge-violation, call 99'],
  ])('%s ends a cell alone', async (_, text, why) => {
    const { said, states } = await endOf({ name: 'wrong', pledges: ['stdio', 'clock'], text });
    expect(said).toBe(`rumpk: cell wrong ended: ${why}`);
    expect(states).toEqual({ spinner: 'running', wrong: 'pledge-violation', ticker: 'exited' });
  });

  test.each([
    ['reading address 0', '*(volatile int *)0', 'load page fault'],
    ['reading the kernel', '*(volatile int *)0x80200000', 'load page fault'],
    ['writing a device', '*(volatile char *)0x10000000 = 65', 'store page fault'],
    ['writing its own text', '*(volatile int *)(unsigned long)main = 0', 'store page fault'],
    ['running its own stack', 'int code[2] = {0}; ((void (*)(void))code)()', 'fetch page fault'],
    [
      'the page under its stack',
      'char deep[5000]; __asm__ volatile("" :: "r"(deep)); *(volatile char *)deep = 1',
      'store page fault',
    ],
    ['an illegal instruction', '__asm__ volatile(".word 0")', 'illegal instruction'],
    ['a control register', '__asm__ volatile("csrr t0, sstatus" ::: "t0")', 'illegal instruction'],
    ['text that it cannot read', 'nexus_write((char *)0x80200000, 16)', 'write of text'],
  ])('%s crashes a cell alone', async (_, statement, why) => {
    const text = `int main(void) { ${statement}; return 0; }`;
    const { said, states } = await endOf({ name: 'wrong', pledges: ['stdio'], text });
    expect(said).toContain(`rumpk: cell wrong ended: crashed, ${why}`);
    expect(states).toEqual({ spinner: 'running', wrong: 'crashed', ticker: 'exited' });
  });

  test('a cell cannot write a line that looks like the kernel, and long lines are broken', async () => {
    const text = `int main(void) {
      nexus_print("@nexus panic gotcha\\r\\n\\x1b[2Jrumpk: gotcha\\n");
      for (int i = 0; i < 200; i++) nexus_print("x");
      return 0;
    }`;
    const machine = rig.boot(
      await testImage([{ name: 'liar', pledges: ['stdio'], text }]),
      nodeConfig('n1', ['n1']),
    );
    await machine.waitFor('cell liar ended: exited');
    expect(machine.lines.filter((line) => line.includes('gotcha') || line.includes('xx'))).toEqual([
      'liar: @nexus panic gotcha?',
      'liar: ?[2Jrumpk: gotcha',
      `liar: ${'x'.repeat(160)}`,
      `liar: ${'x'.repeat(40)}`,
    ]);
  });

  test('a cell has its variables, zeroed memory and copied constants, and loses no text of a long write', async () => {
    const text = `
      static int counter = 41; static char zeros[9000]; static const char *const words[] = {"alpha", "beta"};
      int main(void) {
        int sum = 0;
        for (unsigned i = 0; i < sizeof zeros; i++) sum += zeros[i];
        nexus_print_number((unsigned)(++counter + sum)); nexus_print(words[1]); nexus_print("\\n");
        for (int i = 0; i < 3000; i++) { nexus_print_number((unsigned)i); nexus_print(" of a flood of lines\\n"); }
        return 0;
      }`;
    const machine = rig.boot(
      await testImage([{ name: 'worker', pledges: ['stdio'], text }]),
      nodeConfig('n1', ['n1']),
    );
    await machine.waitFor('worker: 42beta');
    await machine.waitFor('cell worker ended: exited');
    expect(machine.lines.filter((line) => line.includes('of a flood'))).toHaveLength(3000);
  });
});

describe('waiting', () => {
  const pause = (timeMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, timeMs));

  /** The share of one processor that the machine uses over two seconds. */
  async function loadOf(machine: RumpkMachine): Promise<number> {
    const before = machine.processorSeconds();
    await pause(2000);
    return (machine.processorSeconds() - before) / 2;
  }

  test('a node with nothing to do sleeps', async () => {
    const machine = rig.boot(await helloImage(), nodeConfig('n1', ['n1', 'n2']), 1);
    await machine.waitFor('n1 is up');
    expect(await loadOf(machine)).toBeLessThan(0.25);
  });

  test('a host that does not read stops the cell that floods it and nothing else, and costs no time', async () => {
    const flood: TestCell = {
      name: 'flood',
      pledges: ['stdio'],
      text: 'int main(void) { for (unsigned i = 0;; i++) { nexus_print_number(i); nexus_print(" of a flood\\n"); } }',
    };
    const machine = rig.boot(await testImage([flood]), nodeConfig('n1', ['n1']), 1);
    await machine.waitFor('1 of a flood');
    machine.setReading(false);
    await pause(500);
    expect(await loadOf(machine)).toBeLessThan(0.25);
    machine.setReading(true);
    machine.send(`@nexus challenge ${'ef'.repeat(32)}\n`);
    const record = parseRecordLine(
      await machine.waitFor((line) => isRecord(line) && line.includes('efefef')),
    );
    expect(isSignedBy(record, publicKeyOf('n1'))).toBe(true);
    const numbers = machine.lines
      .flatMap((line) => /^flood: (\d+) of a flood$/.exec(line)?.[1] ?? [])
      .map(Number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });
});

describe('bad configuration', () => {
  const good = Buffer.from(formatNodeConfig(nodeConfig('n1', ['n1', 'n2'])));
  /** The blob with a change, and its digest right again. */
  function changed(change: (blob: Buffer) => Buffer | undefined): Buffer {
    const copy = Buffer.from(good);
    const body = (change(copy) ?? copy).subarray(0, -32);
    return Buffer.concat([body, createHash('sha256').update(body).digest()]);
  }
  const write16 = (at: number, value: number) => (blob: Buffer) => void blob.writeUInt16LE(value, at);
  const write32 = (at: number, value: number) => (blob: Buffer) => void blob.writeUInt32LE(value, at);

  test.each<[string, Uint8Array | undefined, string]>([
    ['no initrd', undefined, 'configuration: no initrd'],
    ['a few bytes', good.subarray(0, 40), 'configuration: too short'],
    ['another magic', changed((blob) => void blob.write('NXCG')), 'configuration: no NXCF at its start'],
    ['another version', changed(write16(4, 2)), 'configuration: unknown version'],
    ['a size past the end', changed(write32(8, 8000)), 'configuration: its size is out of range'],
    ['one flipped bit', flipped(good, 40), 'configuration: its digest is wrong'],
    [
      'a stable size of everything',
      changed(write32(12, good.length)),
      'configuration: its stable size is out of range',
    ],
    [
      'a stable size too small',
      changed(write32(12, 16)),
      'configuration: stable and volatile fields are mixed',
    ],
    ['an unknown field', changed(write16(16, 9)), 'configuration: unknown field'],
    ['a field past the end', changed(write16(18, 9999)), 'configuration: a field runs past the end'],
    ['a node name with a quote', changed((blob) => void blob.write('"', 20)), 'configuration: not a name'],
    [
      'a peer with the CellID of another',
      changed((blob) => void blob.writeUInt8(1, blob.indexOf(publicKeyOf('n2')) + 32)),
      "configuration: a peer's CellID does not follow from its key",
    ],
  ])('%s gives a panic of its own and the machine ends', async (_, blob, text) => {
    const machine = rig.boot(await helloImage(), blob);
    expect(await machine.waitFor('@nexus panic')).toBe(`@nexus panic ${text}`);
    expect(await machine.exited).toBe(0);
  });
});

describe('the image', () => {
  test('has the same bytes from two folders, and linked for another address', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-other-folder-'));
    try {
      await cp(kernelFolder, join(folder, 'a longer name'), { recursive: true });
      const other = await compileKernel({ sourceFolder: join(folder, 'a longer name') });
      const moved = await compileKernel({ sourceFolder: kernelFolder, baseAddress: 0x40200000 });
      const { kernelDigest } = await testKernel();
      expect([other.kernelDigest, moved.kernelDigest]).toEqual([kernelDigest, kernelDigest]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('with one cell takes at most 32,768 bytes', async () => {
    expect((await helloImage()).length).toBeLessThanOrEqual(32_768);
  });

  test('a damaged cell in it gives a panic of its own', async () => {
    const image = Buffer.from(await helloImage());
    image.write('X', image.indexOf('RUMPCELL'));
    const machine = rig.boot(image, nodeConfig('n1', ['n1']));
    expect(await machine.waitFor('@nexus panic')).toBe('@nexus panic cell: no RUMPCELL at its start');
  });
});

function flipped(frame: Buffer, at: number): Buffer {
  const copy = Buffer.from(frame);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
