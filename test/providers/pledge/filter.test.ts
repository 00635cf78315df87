/** The filters that pledges become, run in a BPF machine of the test's own. */
import fc from 'fast-check';
import { type LinuxPledge, linuxPledgeNames } from '../../../model';
import {
  callNames,
  callNumbers,
  compileFilter,
  type Grant,
  grantedRules,
  isMatch,
  type LauncherArchitecture,
  launcherArchitectures,
  rules,
  softCalls,
  verdicts,
} from '../../../providers/pledge';
import { checkFilter, runFilter } from './_bpf';

const auditArchitecture = { x86_64: 0xc000003e, riscv64: 0xc00000f3 } as const;
const self = 4711;

interface Question {
  readonly pledges: readonly LinuxPledge[];
  readonly call: string;
  readonly arguments?: readonly (number | bigint)[];
  readonly architecture?: LauncherArchitecture;
  readonly isUnveiled?: boolean;
}

function ask({
  pledges,
  call,
  arguments: given = [],
  architecture = 'x86_64',
  isUnveiled = false,
}: Question): number {
  const number = callNumbers(architecture).get(call);
  if (number === undefined) throw new Error(`no call ${call} on ${architecture}`);
  const data = { number, architecture: auditArchitecture[architecture], arguments: given.map(BigInt) };
  return runFilter(compileFilter({ pledges, isUnveiled }, architecture), data, self);
}

const allowed = (question: Question): boolean => ask(question) === verdicts.allow;

const anyPledges = fc.subarray([...linuxPledgeNames]);
const anyArchitecture = fc.constantFrom(...launcherArchitectures);
/** Numbers that the rules ask for, near them, and any other. */
const interesting = rules.flatMap(({ when }) =>
  when.flatMap(({ values, mask }) => (values === 'self' ? [self] : [...values, mask])),
);
const anyArgument = fc.oneof(
  fc.constantFrom(...interesting.map(BigInt)),
  fc.constantFrom(...interesting).map((value) => BigInt(value) | (1n << 40n)),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const anyArguments = fc.array(anyArgument, { minLength: 6, maxLength: 6 });

test('a filter allows exactly what a rule of its pledges allows', () => {
  fc.assert(
    fc.property(
      anyPledges,
      anyArchitecture,
      fc.boolean(),
      fc.array(fc.tuple(fc.constantFrom(...callNames), anyArguments), { minLength: 20, maxLength: 20 }),
      (pledges, architecture, isUnveiled, calls) => {
        const grant: Grant = { pledges, isUnveiled };
        const filter = compileFilter(grant, architecture);
        const granted = grantedRules(grant);
        for (const [name, values] of calls) {
          const number = callNumbers(architecture).get(name);
          if (number === undefined) continue;
          const data = { number, architecture: auditArchitecture[architecture], arguments: values };
          const expected = granted.some((rule) => isMatch(rule, { name, arguments: values }, self));
          expect([name, runFilter(filter, data, self) === verdicts.allow]).toEqual([name, expected]);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('any filter is one that the kernel takes, and answers any call', () => {
  fc.assert(
    fc.property(
      anyPledges,
      anyArchitecture,
      fc.nat(0xffffffff),
      anyArguments,
      (pledges, architecture, number, values) => {
        const filter = compileFilter({ pledges, isUnveiled: false }, architecture);
        checkFilter(filter);
        const verdict = runFilter(
          filter,
          { number, architecture: auditArchitecture[architecture], arguments: values },
          self,
        );
        expect(Object.values(verdicts)).toContain(verdict);
      },
    ),
  );
});

test('no call of another machine and no x32 call is allowed, whatever is pledged', () => {
  const filter = compileFilter({ pledges: linuxPledgeNames, isUnveiled: false }, 'x86_64');
  const i386 = 0x40000003;
  for (const number of [0, 1, 4, 39, 60]) {
    expect(runFilter(filter, { number, architecture: i386, arguments: [] }, self)).toBe(verdicts.report);
    const x32 = { number: number | 0x40000000, architecture: auditArchitecture.x86_64, arguments: [] };
    expect(runFilter(filter, x32, self)).not.toBe(verdicts.allow);
  }
});

test('more pledges never allow less', () => {
  fc.assert(
    fc.property(
      anyPledges,
      anyPledges,
      fc.constantFrom(...callNames),
      anyArguments,
      (some, more, call, values) => {
        if (!callNumbers('x86_64').has(call)) return;
        const plain = { call, arguments: values };
        if (allowed({ pledges: some, ...plain }))
          expect(allowed({ pledges: [...new Set([...some, ...more])], ...plain })).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('a call that goes around the filter or into other processes is in no pledge', () => {
  const never = [
    'io_uring_setup',
    'io_uring_enter',
    'io_uring_register',
    'ptrace',
    'process_vm_readv',
    'process_vm_writev',
    'pidfd_getfd',
    'userfaultfd',
    'perf_event_open',
    'init_module',
    'finit_module',
    'kexec_load',
    'reboot',
    'open_by_handle_at',
    'fanotify_init',
    'iopl',
    'modify_ldt',
    'shmat',
  ];
  for (const call of never)
    expect([call, allowed({ pledges: linuxPledgeNames.filter((name) => name !== 'error'), call })]).toEqual([
      call,
      false,
    ]);
});

test('open is judged by its flags', () => {
  const open = (pledges: readonly LinuxPledge[], flags: number): boolean =>
    allowed({ pledges, call: 'openat', arguments: [0, 0, flags] });
  expect(open(['rpath'], 0o2000000)).toBe(true);
  expect(open(['rpath'], 1)).toBe(false);
  expect(open(['rpath'], 2)).toBe(false);
  expect(open(['rpath'], 0o1000)).toBe(false); // O_TRUNC writes
  expect(open(['rpath'], 0o100)).toBe(false);
  expect(open(['rpath'], 0o20200000)).toBe(false); // O_TMPFILE
  expect(open(['wpath'], 0o1001)).toBe(true);
  expect(open(['wpath'], 2)).toBe(false);
  expect(open(['wpath'], 0o101)).toBe(false);
  expect(open(['rpath', 'wpath'], 2)).toBe(true);
  expect(open(['rpath', 'wpath'], 0o102)).toBe(false);
  expect(open(['wpath', 'cpath'], 0o1101)).toBe(true);
  expect(open(['cpath'], 0o101)).toBe(false);
  expect(open(linuxPledgeNames, 3)).toBe(false);
});

test('sockets are judged by their domain and type', () => {
  const socket = (pledge: LinuxPledge, domain: number, type: number, protocol = 0): boolean =>
    allowed({ pledges: [pledge], call: 'socket', arguments: [domain, type, protocol] });
  expect(socket('inet', 2, 1)).toBe(true);
  expect(socket('inet', 10, 2 | 0o2000000)).toBe(true);
  expect(socket('inet', 2, 3)).toBe(false); // raw
  expect(socket('inet', 17, 3)).toBe(false); // packet
  expect(socket('inet', 1, 1)).toBe(false);
  expect(socket('unix', 1, 1)).toBe(true);
  expect(socket('unix', 2, 1)).toBe(false);
  expect(socket('dns', 16, 3, 0)).toBe(true);
  expect(socket('inet', 16, 3, 12)).toBe(false); // netfilter
});

test('a thread is stdio, a process is proc, a namespace is proc with mount', () => {
  const clone = (pledges: readonly LinuxPledge[], flags: number): boolean =>
    allowed({ pledges, call: 'clone', arguments: [flags] });
  const [thread, child, container] = [0x3d0f00, 0x1200011, 0x10000011];
  expect([clone(['stdio'], thread), clone(['stdio'], child), clone(['stdio'], container)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([clone(['proc'], child), clone(['proc'], container), clone(['mount'], container)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(clone(['proc', 'mount'], container)).toBe(true);
  expect(ask({ pledges: ['stdio', 'proc'], call: 'clone3' })).toBe(verdicts.missing);
});

test('memory becomes code only from files, but with prot_exec', () => {
  const mmap = (pledges: readonly LinuxPledge[], protection: number, flags: number): boolean =>
    allowed({ pledges, call: 'mmap', arguments: [0, 4096, protection, flags] });
  expect(mmap(['stdio'], 3, 0x22)).toBe(true);
  expect(mmap(['stdio'], 5, 0x2)).toBe(true);
  expect(mmap(['stdio'], 5, 0x1)).toBe(false);
  expect(mmap(['stdio'], 7, 0x2)).toBe(false);
  expect(mmap(['stdio'], 5, 0x22)).toBe(false);
  expect(mmap(['prot_exec'], 7, 0x22)).toBe(true);
  expect(allowed({ pledges: ['stdio'], call: 'mprotect', arguments: [0, 4096, 5] })).toBe(false);
});

test('stdio signals its own process and no other', () => {
  const kill = (target: number): boolean =>
    allowed({ pledges: ['stdio'], call: 'kill', arguments: [target, 6] });
  expect([kill(self), kill(1), kill(0), kill(-1)]).toEqual([true, false, false, false]);
});

test('a terminal is read with stdio, changed with tty, and typed into by nobody', () => {
  const ioctl = (pledge: LinuxPledge, request: number): boolean =>
    allowed({ pledges: [pledge], call: 'ioctl', arguments: [0, request] });
  expect([ioctl('stdio', 0x5401), ioctl('stdio', 0x5402), ioctl('tty', 0x5402)]).toEqual([true, false, true]);
  expect(ioctl('tty', 0x5412)).toBe(false);
});

test('what Landlock may not see is not allowed to a cell with unveils', () => {
  const truncate = { pledges: ['wpath'] as const, call: 'truncate' };
  expect([allowed(truncate), allowed({ ...truncate, isUnveiled: true })]).toEqual([true, false]);
});

test('with error nothing is reported but calls of another machine and execve', () => {
  expect(ask({ pledges: ['stdio', 'error'], call: 'socket' })).toBe(verdicts.missing);
  expect(ask({ pledges: ['stdio'], call: 'socket' })).toBe(verdicts.report);
  expect(ask({ pledges: ['stdio', 'error'], call: 'execve' })).toBe(verdicts.report);
});

test('riscv64 has the same rules over its own numbers', () => {
  const question = { architecture: 'riscv64', call: 'openat', arguments: [0, 0, 0] } as const;
  expect(allowed({ ...question, pledges: ['rpath'] })).toBe(true);
  expect(allowed({ ...question, pledges: ['stdio'] })).toBe(false);
  expect(callNumbers('riscv64').has('open')).toBe(false);
});

test('every call in a rule is a call of Linux, and soft calls are never allowed by a condition alone', () => {
  const known = new Set(callNames);
  expect(rules.flatMap(({ calls }) => calls).filter((name) => !known.has(name))).toEqual([]);
  const soft = rules.filter(({ calls }) => calls.some((name) => softCalls.includes(name)));
  expect(soft.every(({ when, pledges }) => when.length === 0 && pledges.every((all) => all.length > 1))).toBe(
    true,
  );
});
