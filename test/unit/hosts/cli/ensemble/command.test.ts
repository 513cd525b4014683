import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../../../src/hosts/cli/command-line.ts';

const read = (...argv: string[]) => readCommandLine(['ensemble', ...argv], '1.2.3');

test('leaves to the directory what is not said', () => {
  expect(read()).toStrictEqual({
    kind: 'ensemble', servers: null, observers: null, engine: 'embedded', dir: null, clientPort: null, zookeeper: null, sample: false, json: false,
  });
});

test('takes everything that can be said', () => {
  expect(read('--servers', '5', '--observers=2', '--engine', 'apache', '--dir', 'here', '--client-port', '0', '--zookeeper', '/zk', '--sample', '--json')).toStrictEqual({
    kind: 'ensemble', servers: 5, observers: 2, engine: 'apache', dir: 'here', clientPort: 0, zookeeper: '/zk', sample: true, json: true,
  });
});

test('prints its help', () => {
  expect(read('--help')).toMatchObject({ kind: 'end', exitCode: 0, out: expect.stringMatching(/^Usage: zooscope ensemble/), err: '' });
});

test('hands the guard what it is given', () => {
  expect(readCommandLine(['ensemble-guard', '/dir', '12'], '1')).toStrictEqual({ kind: 'ensemble-guard', argv: ['/dir', '12'] });
});

describe('a mistake costs exit code 2 and one line', () => {
  test.each([
    [['x'], /too many arguments/],
    [['--servers', '0'], /from 1 to 9/],
    [['--servers', '10'], /from 1 to 9/],
    [['--servers', 'three'], /from 1 to 9/],
    [['--servers', '1', '--observers', '1'], /--observers need at least two servers/],
    [['--observers', '-1'], /from 0 to 9/],
    [['--engine', 'kafka'], /Allowed choices are embedded, apache/],
    [['--client-port', '65536'], /from 0 to 65535/],
    [['--zookeeper', '/zk'], /--zookeeper goes with --engine apache/],
    [['--dir', ''], /--dir needs a folder/],
    [['--dir'], /argument missing/],
    [['--nodes', '3'], /unknown option '--nodes'/],
  ])('%j', (argv, message) => {
    const result = read(...argv);
    expect(result).toMatchObject({ kind: 'end', exitCode: 2, out: '', err: expect.stringMatching(message) });
    expect((result as { err: string }).err).toMatch(/^zooscope: [^\n]+\n$/);
  });
});
