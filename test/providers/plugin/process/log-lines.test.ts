import { formatLogLine } from '../../../../providers/plugin/process/log-lines';

describe('log lines', () => {
  test('have the form of hclog, with exactly six fractional digits', () => {
    expect(formatLogLine('info', 'hello', { count: 2 }, Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe(
      '{"@level":"info","@message":"hello","@module":"provider","@timestamp":"2026-01-02T03:04:05.006000Z","count":2}',
    );
  });

  test('stay whole whatever a field is, and no field takes the place of the message', () => {
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    const fields = {
      ring,
      big: 1n,
      none: undefined,
      call: () => 1,
      error: new Error('broken'),
      '@message': 5,
    };
    const line = JSON.parse(formatLogLine('warn', 'm', fields, 0));
    expect(line['@message']).toBe('m');
    expect(line).toMatchObject({ big: '1', none: 'undefined', ring: '[object Object]', message: 5 });
    expect(line.error).toContain('Error: broken');
  });
});
