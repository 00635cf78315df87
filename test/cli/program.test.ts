/** The command line as a whole: help, versions, wrong words, exit codes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../cli/program';
import { Desk, root } from './_io';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  desk.columns = 80;
});
afterEach(() => desk.remove());

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

test('--version prints the version of the package', async () => {
  expect(await desk.nexus('--version')).toEqual({
    code: 0,
    out: `${version}\n`,
    err: '',
  });
});

test('--help names each verb, the exit codes and the state folder', async () => {
  const { code, out } = await desk.nexus('--help');
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "Usage: nexus <verb> [options]

    Builds, watches, verifies and rolls back what Nexus deploys.

    Options:
      -V, --version                        print the version
      -h, --help                           print this help

    Commands:
      init [options] <folder>              make a working infrastructure repository
      build [options] [file]               build the image that a system.kdl
                                           describes
      update [options] [file]              pin the foreign packages of a system in
                                           its lock
      status [options]                     ask every node what it runs, and show it
      log [options] [cid]                  show the records of the ledger, the
                                           newest first
      verify [options] [subject]           check nodes, images, records and ledgers,
                                           in words
      prove [options] <cid>                write a record and its proof to one file
      audit [options]                      rebuild the ledger from its entries
      rollback [options] [cid]             bring a stack back to an older release
      floor [options] [action] [cid]       the lowest release that may be deployed
      keys [options] [action] [key]        list, make, rotate and revoke the keys
                                           that sign
      ledger [options] [action]            show where the ledger is, or serve it to
                                           other machines
      console [options] <node>             show a node's console and type to it
      witness [options]                    cosign the checkpoints of logs, so that
                                           none can show two histories
      pledge [options] <words...>          suggest what a program should pledge and
                                           unveil
      store [options] <action> [names...]  sweep, check and share what was built
      search [options] [words...]          find packages by words, or ask the
                                           catalog in SQL
      help [verb]                          print the help of a verb

    Exit codes:
      0    done, and what was checked holds
      1    the action failed
      2    the command line or a file that it names is wrong
      3    the answer is no: a check does not hold, a node does not run as deployed
      130  ended by Ctrl-C

    The state folder holds store, ledger, keys and nodes. It is --state DIR, else
    the environment's NEXUS_STATE_DIR, else .nexus in the working folder. The ledger
    is where NEXUS_LEDGER says (a folder, postgres://… or https://…), else where it
    was last written to, else the folder ledger of the state folder.

    "
  `);
});

const verbs = createProgram(new Desk('/').io(), () => undefined).commands.map((command) => command.name());

test.each(verbs)('%s --help has examples, --json and --state, and fits a terminal', async (verb) => {
  const { code, out } = await desk.nexus(verb, '--help');
  expect(code).toBe(0);
  expect(out).toContain(`\nExamples:\n  nexus `);
  expect(out).toMatch(/^ {2}--json .*\n {2}--state <dir> /m);
  expect(out.split('\n').filter((line) => line.length > 90)).toEqual([]);
  expect(await desk.nexus('help', verb)).toEqual({ code: 0, out, err: '' });
});

test('without a verb the help goes to standard error, and that is a wrong command line', async () => {
  const { code, out, err } = await desk.nexus();
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('Usage: nexus <verb>');
});

test('a misspelt verb is answered with the nearest one', async () => {
  const { code, err } = await desk.nexus('biuld');
  expect(code).toBe(2);
  expect(err).toBe(
    `nexus: Cannot run "biuld": no such verb, expected one of ${verbs.join(', ')}\n` +
      '  hint: Did you mean "build"?\n',
  );
});

test.each([
  [['status', '--jsn'], "nexus: unknown option '--jsn'\n(Did you mean --json?)"],
  [['console'], "nexus: missing required argument 'node'"],
  [['log', '--kind', 'novel'], "nexus: option '--kind <kind>' argument 'novel' is invalid."],
  [
    ['log', '-n', '0'],
    "nexus: option '-n, --count <n>' argument '0' is invalid. expected a number of 1 or more",
  ],
  [['status', 'n-0'], "nexus: too many arguments for 'status'."],
])('%j is said once, with a hint, and ends with 2', async (argv, message) => {
  const { code, out, err } = await desk.nexus(...argv);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(err.match(/hint:/g)).toHaveLength(1);
  expect(err).toContain(`hint: Run \`nexus ${argv[0]} --help\``);
});

test('the page of the command line has every verb and every option', () => {
  const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
  const program = createProgram(desk.io(), () => undefined);
  for (const command of program.commands) {
    const section = page.split(/^## /m).find((text) => text.startsWith(`\`nexus ${command.name()}`));
    expect({
      verb: command.name(),
      section: section?.slice(0, 20) ?? 'none',
    }).not.toMatchObject({
      section: 'none',
    });
    const common = ['--json', '--state', '--ledger', '--policy'];
    for (const { long } of command.options.filter((option) => !common.includes(option.long ?? '')))
      expect(section).toContain(long);
  }
  for (const option of ['--json', '--state', '--ledger', '--policy', '--help', '--version'])
    expect(page).toContain(option);
});

test('the state folder is --state, else NEXUS_STATE_DIR, else .nexus where it is run', async () => {
  const seen = async (...argv: string[]): Promise<string> => (await desk.nexus('status', ...argv)).out;
  expect(await seen()).toBe(`Nothing is deployed in "${join(desk.folder, '.nexus')}".\n`);
  desk.env = { ...desk.env, NEXUS_STATE_DIR: 'elsewhere' };
  expect(await seen()).toContain(join(desk.folder, 'elsewhere'));
  expect(await seen('--state', '/srv/nexus')).toContain('"/srv/nexus"');
});

test('an interrupted verb ends with 130', async () => {
  desk.write({
    'system.kdl': 'system "n" version=1 { profile "tinybox"; cell "c" { source "c" } }',
    'c/c.c': '',
  });
  desk.controller.abort();
  expect(await desk.nexus('build')).toEqual({
    code: 130,
    out: '',
    err: 'nexus: Interrupted\n',
  });
});
