import { mkdtempSync, readdirSync, rmSync, existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../../../src/hosts/cli/command-line.ts';
import { runTransfer, type RunTransferOptions } from '../../../../../src/hosts/cli/transfer/run-transfer.ts';
import { UsageError, KeeperError, type ZooError } from '../../../../../src/model/errors.ts';
import type { JobCounts, JobDeps, JobEnd, JobItem, JobOptions, JobProgress, Work } from '../../../../../src/services/transfer/api.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zooscope-cli-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const NO_COUNTS: JobCounts = { create: 0, change: 0, remove: 0, same: 0, leave: 0, fail: 0 };
const progress = (more: Partial<JobProgress> = {}): JobProgress => ({
  state: 'running', phase: 'running', nodes: 1234, nodesTotal: 5000, bytes: 1_500_000, counts: NO_COUNTS, leftOut: {}, nodesPerSecond: 800,
  remainingMs: 61_000, elapsedMs: 2000, requests: 9, inFlight: 0, latencyMs: 1, sessionsLost: 0, at: null, ...more,
});
const end = (more: Partial<JobEnd> = {}): JobEnd => ({
  state: 'done', failure: null, resumable: true, progress: progress({ state: 'done', phase: 'finished' }), zxidBefore: 1n, zxidAfter: 0x10n, changed: 0, ...more,
});
const item = (more: Partial<JobItem>): JobItem => ({
  path: 'a/b', action: 'create', differences: [], reason: null, message: null, kind: 'persistent', dataLength: 3, ...more,
});

interface Seen {
  out: string;
  err: string;
  work: Work | null;
  options: JobOptions | null;
  cancelled: number;
  exits: number[];
}
type Play = (deps: JobDeps, signal: (exitCode: number) => void) => JobEnd | Promise<JobEnd>;

/** Runs a command line on a job that does what the test says. */
async function run(argv: readonly string[], play: Play, more: Partial<RunTransferOptions> = {}): Promise<Seen & { code: number }> {
  const seen: Seen = { out: '', err: '', work: null, options: null, cancelled: 0, exits: [] };
  const command = readCommandLine(argv, '1', {});
  if (command.kind !== 'transfer') throw new Error(JSON.stringify(command));
  let signal: (exitCode: number) => void = () => undefined;
  const code = await runTransfer({
    command,
    dataDirectory: home,
    logger: { log: () => undefined },
    stdout: (text) => (seen.out += text),
    stderr: (text) => (seen.err += text),
    columns: null,
    terminal: { isTty: false, ask: () => Promise.resolve(null) },
    onSignal: (fn) => {
      signal = fn;
      return () => undefined;
    },
    exitNow: (exitCode) => seen.exits.push(exitCode),
    createJob: (work, options, deps) => {
      Object.assign(seen, { work, options });
      return {
        progress: progress(),
        async run() {
          if ((await deps.log?.size()) === 0) await deps.log?.append(['job', 'progress']);
          return play(deps, (exitCode) => signal(exitCode));
        },
        pause: () => undefined,
        resume: () => undefined,
        cancel: () => (seen.cancelled += 1),
        setNodesPerSecondMax: () => undefined,
      };
    },
    ...more,
  });
  return { ...seen, code };
}
const COPY = ['copy', 'a:1', '/x', 'b:2', '/y'];
const failed = (failure: ZooError, more: Partial<JobEnd> = {}): JobEnd => end({ state: 'stopped', failure, ...more });
const counts = (more: Partial<JobCounts>): Partial<JobEnd> => ({ progress: progress({ counts: { ...NO_COUNTS, ...more } }) });

describe('the exit code', () => {
  test.each([
    ['all done', COPY, end(), 0],
    ['a node failed', COPY, end(counts({ create: 5, fail: 1 })), 1],
    ['a node was left for what it is', COPY, end({ progress: progress({ counts: { ...NO_COUNTS, leave: 3 }, leftOut: { ephemeral: 2, unreadable: 1 } }) }), 1],
    ['left by rule', COPY, end({ progress: progress({ counts: { ...NO_COUNTS, leave: 3 }, leftOut: { ephemeral: 1, system: 1, vanished: 1 } }) }), 0],
    ['diff: equal', ['diff', 'a', '/x', 'b', '/y'], end(counts({ same: 4 })), 0],
    ['diff: differs', ['diff', 'a', '/x', 'b', '/y'], end(counts({ same: 4, remove: 1 })), 1],
    ['a bad file', COPY, failed(new UsageError('BadExport', 'line 3: out of order'), { resumable: false }), 2],
    ['a file that went bad on the way', COPY, failed(new UsageError('BadExport', 'edited'), { resumable: false, ...counts({ create: 5 }) }), 4],
    ['a file that is not there', ['import', 'no-such', 'a', '/x'], failed(new UsageError('FileFailed', 'no such file')), 2],
    ['no room on the disk', ['export', 'a', '/x', '-o', 'f'], failed(new UsageError('FileFailed', 'the disk is full')), 3],
    ['stopped, can go on', COPY, failed(new UsageError('Unreachable', 'a:1: not reached')), 3],
    ['stopped for good', COPY, failed(new KeeperError(-102, '/x'), { resumable: false }), 4],
    ['nothing there', COPY, failed(new KeeperError(-101, '/x')), 2],
  ] as const)('%s', async (_what, argv, result, code) => {
    expect((await run(argv, () => result)).code).toBe(code);
  });

  test('nodes that the policy skip leaves are no failure', async () => {
    const leave = item({ action: 'leave', reason: 'exists', differences: ['data'] });
    const result = await run([...COPY, '--policy', 'skip'], ({ onItems }) => {
      onItems([leave, leave]);
      return end({ progress: progress({ counts: { ...NO_COUNTS, leave: 2 }, leftOut: { exists: 2 } }) });
    });
    expect(result).toMatchObject({ code: 0, out: expect.stringContaining('left     /a/b  exists') });
  });
});

test('a node whose ACL was not carried is no success', async () => {
  for (const [reason, code] of [['aclMasked', 1], ['aclNotSet', 1], ['changed', 0], [null, 0]] as const) {
    const result = await run(COPY, ({ onItems }) => (onItems([item({ reason })]), end()));
    expect(result.code, String(reason)).toBe(code);
  }
});

describe('a deletion', () => {
  const DELETE = ['delete', 'a:1', '/app/old', '--recursive'];
  test('is refused where nobody can be asked', async () => {
    expect(await run(DELETE, () => end())).toMatchObject({ code: 2, work: null, err: expect.stringContaining('--yes') });
    expect(await run([...DELETE, '--dry-run'], () => end())).toMatchObject({ code: 0, options: { dryRun: true } });
    expect(await run([...DELETE, '--yes'], () => end())).toMatchObject({ code: 0, work: { kind: 'delete', at: { path: '/app/old' } } });
  });
  test.each([['old', 0], ['/app/old', 2], ['', 2], [null, 2]])('asks for the name of the node: %j', async (answer, code) => {
    let asked = '';
    const terminal = { isTty: true, ask: (question: string) => ((asked = question), Promise.resolve(answer)) };
    expect((await run(DELETE, () => end(), { terminal })).code).toBe(code);
    expect(asked).toContain('Type its name (old)');
  });
});

describe('an interrupted run', () => {
  const stop: Play = async ({ log }) => {
    await log?.append(['begun']);
    return failed(new UsageError('Unreachable', 'gone'));
  };
  const linesOf = async (deps: JobDeps): Promise<string[]> => {
    const lines: string[] = [];
    for await (const line of deps.log?.read() ?? []) lines.push(line);
    return lines;
  };

  test('is gone on with, or begun again, only when that is said', async () => {
    expect(await run(COPY, stop)).toMatchObject({ code: 3, out: expect.stringContaining('--resume goes on') });
    expect(await run(COPY, () => end())).toMatchObject({ code: 2, work: null, err: expect.stringContaining('--resume') });
    expect(await run(COPY, () => end())).toMatchObject({ code: 2, work: null });
    let lines: string[] = [];
    const look: Play = async (deps) => ((lines = await linesOf(deps)), failed(new UsageError('Unreachable', 'again')));
    await run([...COPY, '--resume', '--rate', '5'], look);
    expect(lines).toStrictEqual(['job', 'progress', 'begun']);
    await run([...COPY, '--anew'], look);
    expect(lines).toStrictEqual(['job', 'progress']);
    await run(COPY, stop);
    expect((await run([...COPY, '--resume'], () => end())).code).toBe(0);
    expect(readdirSync(join(home, 'transfers'))).toStrictEqual([]);
    expect(await run(COPY, () => end())).toMatchObject({ code: 0 });
  });

  test('that had not begun yet leaves nothing to go on with', async () => {
    const refused: Play = async ({ log }) => {
      await log?.replace(['job']);
      return failed(new UsageError('Unreachable', 'a:1: not reached'));
    };
    expect(await run(COPY, refused)).toMatchObject({ code: 3, out: expect.not.stringContaining('--resume') });
    expect((await run(COPY, () => end())).code).toBe(0);
  });

  test('belongs to its command: another one begins by itself', async () => {
    await run(COPY, stop);
    expect((await run(['copy', 'a:1', '/x', 'b:2', '/z'], () => end())).code).toBe(0);
    expect(await run([...COPY, '--no-acl'], () => end())).toMatchObject({ code: 0 });
    expect(await run(['move', 'a:1', '/x', 'b:2', '/y', '--resume'], () => end())).toMatchObject({ code: 0, err: expect.stringContaining('begins anew') });
  });

  test('of a file that was changed since is another command', async () => {
    const file = join(home, 'f');
    writeFileSync(file, 'one');
    const argv = ['import', file, 'a:1', '/x'];
    await run(argv, stop);
    writeFileSync(file, 'other');
    expect((await run(argv, () => end())).code).toBe(0);
  });

  test('the same command does not run twice at a time', async () => {
    const result = await run(COPY, async () => {
      expect(await run(COPY, () => end())).toMatchObject({ code: 2, err: expect.stringContaining('running already') });
      return end();
    });
    expect(result.code).toBe(0);
  });

  test('a dry run and a comparison leave nothing', async () => {
    const play: Play = (deps) => (expect(deps.log).toBeNull(), end());
    await run([...COPY, '--dry-run'], play);
    await run(['diff', 'a', '/x', 'b', '/y'], play);
    expect(existsSync(join(home, 'transfers'))).toBe(false);
  });
});

test('a signal ends in a known state, a second one at once', async () => {
  const result = await run(COPY, (_deps, signal) => {
    signal(130);
    signal(130);
    return end({ state: 'cancelled' });
  });
  expect(result).toMatchObject({ code: 130, cancelled: 1, exits: [130], err: expect.stringContaining('ending when what is under way is finished') });
  expect(readdirSync(join(home, 'transfers'))).toHaveLength(1);
});

test('the report names what failed, and sums up', async () => {
  const result = await run(COPY, ({ onItems, onProgress }) => {
    onProgress(progress());
    onItems([
      item({ action: 'fail', reason: 'NoAuth', message: 'not authorised\nat all' }),
      item({ action: 'leave', reason: 'ephemeral' }), item({ action: 'create' }), item({ action: 'create', reason: 'aclMasked' }),
    ]);
    return end({
      changed: 2, failure: new UsageError('X', 'why'), state: 'stopped',
      progress: progress({ nodes: 12_345, bytes: 2_500_000, elapsedMs: 61_000, counts: { ...NO_COUNTS, create: 12_000, fail: 1, leave: 344 }, leftOut: { ephemeral: 344 }, sessionsLost: 1 }),
    });
  });
  expect(result.out).toBe(`failed   /a/b  NoAuth: not authorised | at all
create   /a/b  aclMasked
copy a:1 /x to b:2 /y: stopped
  12,345 nodes, 2.5 MB, in 1:01, 202/s
  12,000 created, 344 left, 1 failed
  left: 344 ephemeral
  read from zxid 0x1 to 0x10
  2 nodes changed while being read: this is not the state of one moment
  sessions lost on the way: 1
  X: why
  the same command with --resume goes on
`);
});

test('a dry run and a comparison list every node that differs', async () => {
  const play: Play = ({ onItems }) => {
    onItems([item({}), item({ action: 'change', path: 'c', differences: ['data', 'acl'] }), item({ action: 'remove', path: '', kind: 'ttl' }), item({ action: 'same' })]);
    return end();
  };
  expect((await run([...COPY, '--dry-run'], play)).out).toContain('create   /a/b  3 bytes\nchange   /c  3 bytes  data, acl\nremove   /  3 bytes  ttl\ncopy');
  expect((await run(['diff', 'f', 'a', '/x'], play)).out).toContain('only in B  /a/b\ndiffers    /c  data, acl\nonly in A  /  ttl\ndiff A f, B a /x: done');
});

test('JSON: one object a line', async () => {
  const result = await run([...COPY, '--json', '--quiet'], ({ onItems, onProgress }) => {
    onProgress(progress());
    onItems([item({}), item({ path: 'of\u2028two\u2029ends' })]);
    return failed(new UsageError('Unreachable', 'gone'));
  });
  // What Node's readline takes for the end of a line, too.
  expect(result.out.trimEnd().split(/[\n\u2028\u2029]/)).toHaveLength(3);
  const lines = result.out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { type: 'item', path: 'a/b', action: 'create' },
    { type: 'item', path: 'of\u2028two\u2029ends' },
    { type: 'end', state: 'stopped', resumable: true, zxidBefore: '0x1', zxidAfter: '0x10', failure: { code: 'Unreachable', message: 'gone' } },
  ]);
  expect(result.err).toBe('zooscope: gone\n');
  const refused = await run(['delete', 'a', '/x', '--recursive', '--json'], () => end());
  expect(JSON.parse(refused.out)).toMatchObject({ type: 'end', state: 'refused', failure: { code: 'NotConfirmed' } });
});

test('progress: written over on a terminal, sparse elsewhere, none when quiet', async () => {
  const play: Play = ({ onProgress, onItems }) => {
    onProgress(progress());
    onItems([]);
    onProgress(progress({ state: 'waiting', phase: 'verifying' }));
    return end();
  };
  const onTerminal = await run(COPY, play, { columns: 60 });
  expect(onTerminal.err.startsWith('\r1,234 nodes of 5,000 (24%), 800/s, 1.5 MB, 1:01 left\u001b[K')).toBe(true);
  expect(onTerminal.err).toContain('verifying');
  expect(onTerminal.err.endsWith('\r\u001b[K')).toBe(true);
  expect((await run(COPY, play)).err).toBe('zooscope: verifying, 1,234 nodes of 5,000 (24%), 800/s, 1.5 MB, 1:01 left, waiting for the ensemble\n');
  expect((await run([...COPY, '--quiet'], play, { columns: 80 })).err).not.toContain('nodes');
});
