import { formatServices } from '../../../../providers/factory';

test('a service is one line of fields apart by tabs', () => {
  expect(
    formatServices([
      { name: 'web', run: ['/usr/bin/web', '--root', '/a folder'] },
      { name: 'once', run: ['/usr/bin/true'], isAlways: false, terminal: '/dev/ttyS1' },
    ]),
  ).toBe('web\talways\t-\t/usr/bin/web\t--root\t/a folder\nonce\tonce\t/dev/ttyS1\t/usr/bin/true\n');
});

test.each([
  ['a tab', [{ name: 'web', run: ['/usr/bin/web', 'a\tb'] }]],
  ['a line feed', [{ name: 'web', run: ['/usr/bin/web', 'a\nb'] }]],
  ['an empty word', [{ name: 'web', run: ['/usr/bin/web', ''] }]],
  ['a relative program', [{ name: 'web', run: ['web'] }]],
  ['too many words', [{ name: 'web', run: ['/web', ...Array.from({ length: 30 }, () => 'x')] }]],
  ['too many services', Array.from({ length: 9 }, (_, at) => ({ name: `w${at}`, run: ['/web'] }))],
])('%s is refused', (_, services) => {
  expect(() => formatServices(services)).toThrow(expect.objectContaining({ code: 'bad-service' }));
});
