import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../../../src/hosts/cli/command-line.ts';

const read = (argv: readonly string[], env: Record<string, string> = {}) => readCommandLine(argv, '1.2.3', env);
const SETTINGS = {
  dryRun: false, acl: true, ephemerals: false, rate: null, resume: 'none', auth: [], authFrom: [], authTo: [],
  sessionTimeoutMs: 30_000, requestBytesMax: 1_048_575, dataDir: null, json: false, quiet: false,
};
const task = (...argv: string[]) => {
  const command = read(argv);
  expect(command).toMatchObject({ kind: 'transfer' });
  return command.kind === 'transfer' ? command.task : null;
};
const live = (connect: string, path: string) => ({ kind: 'live', connect, path });
const file = (name: string, part = '') => ({ kind: 'file', file: name, part });

test('each command, with nothing but what it needs', () => {
  expect(read(['export', 'a:1', '/x', '-o', 'f'])).toStrictEqual({
    kind: 'transfer', settings: SETTINGS,
    task: { verb: 'export', from: live('a:1', '/x'), file: 'f', compression: 'none', overwriteFile: false },
  });
  expect(task('import', 'f', 'a:1', '/x')).toStrictEqual({ verb: 'import', from: file('f'), to: live('a:1', '/x'), policy: 'stop', removeExtra: false });
  expect(task('copy', 'a', '/x', 'b', '/y')).toStrictEqual({ verb: 'copy', from: live('a', '/x'), to: live('b', '/y'), policy: 'stop', removeExtra: false });
  expect(task('move', 'a', '/x', 'b', '/y')).toStrictEqual({ verb: 'move', from: live('a', '/x'), to: live('b', '/y'), policy: 'stop' });
  expect(task('delete', 'a', '/x', '--recursive')).toStrictEqual({ verb: 'delete', at: live('a', '/x'), yes: false });
  expect(task('diff', 'f', 'g')).toStrictEqual({ verb: 'diff', a: file('f'), b: file('g') });
});

test('the sides of diff are told apart by how many words there are, and by a slash', () => {
  const sides = (...words: string[]) => task('diff', ...words);
  expect(sides('a:1', '/x', 'b:2/root', '/y')).toMatchObject({ a: live('a:1', '/x'), b: live('b:2/root', '/y') });
  expect(sides('a:1', '/x', '/tmp/f')).toMatchObject({ a: live('a:1', '/x'), b: file('/tmp/f') });
  expect(sides('/tmp/f', 'a:1', '/x')).toMatchObject({ a: file('/tmp/f'), b: live('a:1', '/x') });
  expect(sides('--part', 'app/db', '/tmp/f', 'g')).toMatchObject({ a: file('/tmp/f', 'app/db'), b: file('g', 'app/db') });
});

test('what can be said besides', () => {
  expect(read([
    'copy', 'a', '/x', 'b', '/y', '--policy', 'overwrite', '--remove-extra', '--dry-run', '--rate', '500', '--no-acl',
    '--auth', 'digest:u:p:q', '--auth-from', 'digest:f:1', '--auth-to', 'x:', '--auth', 'ip:', '--timeout', '2.5',
    '--request-bytes-max', '4194304', '--json', '--quiet', '--resume',
  ])).toMatchObject({
    task: { policy: 'overwrite', removeExtra: true },
    settings: {
      dryRun: true, acl: false, rate: 500, resume: 'go-on', sessionTimeoutMs: 2500, requestBytesMax: 4_194_304, json: true, quiet: true,
      auth: [{ scheme: 'digest', credentials: 'u:p:q' }, { scheme: 'ip', credentials: '' }],
      authFrom: [{ scheme: 'digest', credentials: 'f:1' }], authTo: [{ scheme: 'x', credentials: '' }],
    },
  });
  expect(task('export', 'a', '/x', '-o', 'f.gz', '--overwrite-file')).toMatchObject({ compression: 'gzip', overwriteFile: true });
  expect(task('import', 'f', 'a', '/', '--part', '/app')).toMatchObject({ from: file('f', 'app') });
  expect(read(['delete', 'a', '/x', '--recursive', '--yes', '--anew', '--ephemerals'])).toMatchObject({ task: { yes: true }, settings: { resume: 'anew', ephemerals: true } });
});

test('credentials may stand in the environment, one a line; what is on the command line goes before', () => {
  const env = { ZOOSCOPE_AUTH: 'digest:u:p\ndigest:v:q\n', ZOOSCOPE_AUTH_TO: 'digest:t:r' };
  const both = [{ scheme: 'digest', credentials: 'u:p' }, { scheme: 'digest', credentials: 'v:q' }];
  expect(read(['copy', 'a', '/x', 'b', '/y'], env)).toMatchObject({ settings: { auth: both, authFrom: [], authTo: [{ scheme: 'digest', credentials: 't:r' }] } });
  expect(read(['copy', 'a', '/x', 'b', '/y', '--auth', 'digest:w:s'], env)).toMatchObject({ settings: { auth: [{ scheme: 'digest', credentials: 'w:s' }] } });
  const bad = read(['delete', 'a', '/x', '--recursive'], { ZOOSCOPE_AUTH: 'secretword' });
  expect(bad).toMatchObject({ kind: 'end', exitCode: 2, err: expect.stringMatching(/^zooscope: ZOOSCOPE_AUTH: It must be SCHEME:CREDENTIALS/) });
  expect(JSON.stringify(bad)).not.toContain('secretword');
});

describe('a mistake costs exit code 2 and one line', () => {
  test.each([
    [['export', 'a', '/x'], /required option '-o, --output <file>'/],
    [['export', 'a:99999', '/x', '-o', 'f'], /99999/],
    [['export', 'a', 'x', '-o', 'f'], /'x': a path must begin with \//],
    [['export', 'a', '/x', '-o', 'f', '--policy', 'skip'], /unknown option '--policy'/],
    [['import', 'f', 'a'], /missing required argument 'path'/],
    [['import', 'f', 'a', '/x', 'y'], /too many arguments/],
    [['import', 'f', 'a', '/x', '--policy', 'ask'], /one of skip, unchanged, overwrite, stop/],
    [['import', 'f', 'a', '/x', '--remove-extra'], /--remove-extra goes with --policy unchanged or overwrite/],
    [['copy', 'a', '/x', 'b', '/y', '--rate', '0'], /above 0/],
    [['copy', 'a', '/x', 'b', '/y', '--resume', '--anew'], /cannot be used with/],
    [['copy', 'a', '/x', 'b', '/y', '--timeout', 'x'], /number of seconds/],
    [['delete', 'a', '/x'], /say --recursive/],
    [['diff', 'f'], /Two sides are needed/],
    [['diff', 'a', '/x', 'b', '/y', 'z'], /Two sides are needed/],
    [['diff', 'f', '/x', 'g', '/y/'], /must not end with \//],
    [['diff', 'f', 'g', '--resume'], /unknown option '--resume'/],
  ])('%j', (argv, message) => {
    const result = read(argv);
    expect(result).toMatchObject({ kind: 'end', exitCode: 2, out: '', err: expect.stringMatching(message) });
    expect((result as { err: string }).err).toMatch(/^zooscope: [^\n]+\n$/);
  });

  test('a wrong credential is not repeated', () => {
    const result = read(['export', 'a', '/x', '-o', 'f', '--auth', 'topsecret']);
    expect(result).toMatchObject({ exitCode: 2, err: expect.stringMatching(/^zooscope: --auth: It must be SCHEME:CREDENTIALS/) });
    expect(JSON.stringify(result)).not.toContain('topsecret');
  });
});

test('help tells the exit codes', () => {
  for (const verb of ['export', 'import', 'copy', 'move', 'delete', 'diff']) {
    expect(read([verb, '--help'])).toMatchObject({ kind: 'end', exitCode: 0, out: expect.stringMatching(/Exit codes: 0 all done/) });
  }
});
