import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  auditLedgerAt,
  formatPolicy,
  openLedgerReaderAt,
  openRemoteLedger,
  openSigningKey,
  parseCosignerKey,
  parseLedgerPlace,
  parseVerifierKey,
} from '../../providers/provchain';
import { newEnvironment } from '../support/swarm-project';
import {
  deployThrough,
  home,
  makeDeployer,
  makeSite,
  runNexus,
  startServer,
  verifierKeyOf,
  witnesses,
} from './_shared-site';
import { recordOf } from './ledger-writer';

test.each(['postgres', 'folder'])(
  'the key of a log over a %s is replaced while it is served: who has the old one writes on and reads on',
  async (kind) => {
    const site = await makeSite(`rotated_${kind}`);
    const place = kind === 'postgres' ? site.address : join(site.stateDir, 'ledger');
    await makeDeployer(site, place);
    const server = await startServer(site, place);
    const old = verifierKeyOf(site);
    const client = openRemoteLedger({ url: server.url, verifierKey: old });
    const deployer = await openSigningKey({
      folder: site.keysFolder,
      role: 'deployer',
      random: newEnvironment().random,
    });
    let isDone = false;
    const writing = (async () => {
      const cids: string[] = [];
      for (let number = 1; !isDone || number < 20; number += 1)
        cids.push((await (await client).append(recordOf(number * 2), deployer, { once: true })).cid);
      return cids;
    })();
    for (const _ of [1, 2])
      expect(
        await runNexus(['keys', 'rotate', 'log', '--state', site.stateDir, '--ledger', place]),
      ).toMatchObject({ code: 0 });
    isDone = true;
    const cids = await writing;
    const now = verifierKeyOf(site);
    expect(now).not.toBe(old);
    expect(`${(await client).verifierKey}\n`).toBe(now);
    for (const at of [server.url, place]) {
      const reader = await openLedgerReaderAt({ place: parseLedgerPlace(at, '/'), verifierKey: old });
      const seen: string[] = [];
      for await (const { cid } of reader.entries()) seen.push(cid);
      expect(seen).toEqual(expect.arrayContaining(cids));
      expect(new Set(seen).size).toBe(seen.length);
    }
    const followed = await runNexus(['verify', server.url, '--vkey', old.trimEnd()]);
    expect(followed).toMatchObject({
      code: 0,
      out: expect.stringContaining('each signed by the key before it'),
    });
    server.child.kill('SIGTERM');
    await server.ended;
    const report = await auditLedgerAt({ place: parseLedgerPlace(place, '/'), verifierKey: old });
    expect(report).toMatchObject({
      findings: [],
      pendingCount: 0,
      followed: { rotations: [expect.any(Number), expect.any(Number)] },
    });
  },
  120_000,
);

test('a log in PostgreSQL with a policy is published only cosigned, and read so by those who have the policy', async () => {
  const site = await makeSite('witnessed');
  await makeDeployer(site, site.address);
  const witness = await witnesses.start(join(home, 'north'), verifierKeyOf(site).trimEnd());
  const north = { name: 'north', cosigner: parseCosignerKey(witness.verifierKey), url: witness.url };
  const log = parseVerifierKey(verifierKeyOf(site).trimEnd());
  const policy = formatPolicy({ logs: [{ verifier: log }], witnesses: [north], groups: [], quorum: 'north' });
  const reader = join(home, 'reader');
  mkdirSync(join(reader, 'keys'), { recursive: true });
  cpSync(join(site.keysFolder, 'log.pub'), join(reader, 'keys/log.pub'));
  writeFileSync(join(reader, 'keys/log.policy'), policy);
  const read = (place: string) => runNexus(['log', '--state', reader, '--ledger', place]);
  // It was published before there was a policy.
  expect(await read(site.address)).toMatchObject({ code: 1 });
  writeFileSync(join(site.keysFolder, 'log.policy'), policy);
  const server = await startServer(site, site.address);
  await deployThrough(server.url, site, 'witnessed-client', policy);
  for (const place of [site.address, server.url]) expect(await read(place)).toMatchObject({ code: 0 });
  witness.child.kill('SIGKILL');
  await witness.ended;
  await expect(deployThrough(server.url, site, 'witnessed-late', policy)).rejects.toMatchObject({
    code: expect.stringMatching(/^(append-uncertain|policy-unmet)$/),
  });
  expect(await read(site.address)).toMatchObject({ code: 0 });
  server.child.kill('SIGTERM');
  await server.ended;
}, 120_000);
