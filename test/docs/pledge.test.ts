/** docs/pledge.md: the table of calls is that of the rules, and no pledge is empty. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LinuxPledge, linuxPledgeNames, linuxPledges } from '../../model';
import { type Rule, rules } from '../../providers/pledge';

const page = join(__dirname, '../../docs/pledge.md');
const [open, close] = ['<!-- rules -->\n', '<!-- end of rules -->'];

function describeRule({ calls, words, pledges }: Rule, pledge: LinuxPledge): string[] {
  const names = calls.map((name) => `\`${name}\``).join(' ');
  const condition = words === '' ? names : `${names}: ${words}`;
  return pledges
    .filter((all) => all.includes(pledge))
    .map((all) => all.filter((other) => other !== pledge))
    .map((others) => (others.length === 0 ? condition : `${condition} (with ${others.join(' and ')})`));
}

function table(): string {
  const rows = linuxPledgeNames.map((pledge) => {
    const cells = rules.flatMap((rule) => describeRule(rule, pledge));
    const text = pledge === 'error' ? 'nothing' : cells.join('; ');
    return `| \`${pledge}\` | ${linuxPledges[pledge]} | ${text} |\n`;
  });
  return `| pledge | in short | calls |\n|---|---|---|\n${rows.join('')}`;
}

test('the table of calls is that of the rules (UPDATE_DOCS=1 writes it)', () => {
  const text = readFileSync(page, 'utf8');
  const [start, end] = [text.indexOf(open) + open.length, text.indexOf(close)];
  if (process.env.UPDATE_DOCS === '1') writeFileSync(page, text.slice(0, start) + table() + text.slice(end));
  const now = readFileSync(page, 'utf8');
  expect(now.slice(start, now.indexOf(close))).toBe(table());
});

test('every pledge but error allows something', () => {
  const empty = linuxPledgeNames.filter(
    (pledge) => rules.every(({ pledges }) => !pledges.flat().includes(pledge)) && pledge !== 'error',
  );
  expect(empty).toEqual([]);
});
