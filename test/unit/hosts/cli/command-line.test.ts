import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../../src/hosts/cli/command-line.ts';

const read = (...argv: string[]) => readCommandLine(argv, '1.2.3');

test('opens the app when nothing is said', () => {
  expect(read()).toStrictEqual({ kind: 'open' });
  expect(read('open')).toStrictEqual({ kind: 'open' });
});

test('serves on loopback, on the usual port, unless told otherwise', () => {
  expect(read('serve')).toStrictEqual({ kind: 'serve', host: '127.0.0.1', port: null, connect: null });
  expect(read('serve', '--host', '0.0.0.0', '--port=0', '--connect', 'a:1,[::1]:2/x')).toStrictEqual({
    kind: 'serve', host: '0.0.0.0', port: 0, connect: 'a:1,[::1]:2/x',
  });
  expect(read('serve', '--host', '[::1]')).toMatchObject({ host: '::1' });
});

test('leaves everything behind `server` to the server', () => {
  expect(read('server', '-Da=b', '-D', 'c=d', '--help', 'zoo.cfg')).toStrictEqual({
    kind: 'server', argv: ['-Da=b', '-D', 'c=d', '--help', 'zoo.cfg'],
  });
});

test('prints the version and the help on standard output', () => {
  expect(read('--version')).toStrictEqual({ kind: 'end', exitCode: 0, out: '1.2.3\n', err: '' });
  for (const argv of [['--help'], ['serve', '--help']]) {
    expect(read(...argv)).toMatchObject({ kind: 'end', exitCode: 0, out: expect.stringMatching(/^Usage: zooscope/), err: '' });
  }
});

describe('a mistake costs exit code 2 and one line', () => {
  test.each([
    [['bogus'], /unknown command 'bogus'/],
    [['--bogus'], /unknown option '--bogus'/],
    [['open', 'x'], /too many arguments/],
    [['serve', 'x'], /too many arguments/],
    [['serve', '--prot', '1'], /unknown option '--prot'/],
    [['serve', '--port'], /argument missing/],
    [['serve', '--port', '65536'], /from 0 to 65535/],
    [['serve', '--port', '-1'], /from 0 to 65535/],
    [['serve', '--port', '1e3'], /from 0 to 65535/],
    [['serve', '--host', 'a b'], /host name or an address/],
    [['serve', '--host', ''], /host name or an address/],
    [['serve', '--connect', ''], /at least one server/],
    [['serve', '--connect', 'a:99999'], /99999/],
    [['serve', '--connect', 'a:1/x//y'], /not a path/],
  ])('%j', (argv, message) => {
    const result = read(...argv);
    expect(result).toMatchObject({ kind: 'end', exitCode: 2, out: '', err: expect.stringMatching(message) });
    expect((result as { err: string }).err).toMatch(/^zooscope: [^\n]+\n$/);
  });
});
