/**
 * kazoo's own test suite against servers of any kind.
 * In: how to start a server, which tests. Out: the outcome of each test.
 * How: kazoo_suite.py runs the tests and asks us over its pipes to start, stop and restart servers. Several such
 * processes run at once, each with a server of its own, because most of the suite's time is spent waiting.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guardProcess, removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { requireParts } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';

const suiteFile = fileURLToPath(new URL('kazoo_suite.py', import.meta.url));

/** What kazoo's harness wants its servers to be. */
export interface ClusterWish {
  readonly config: Readonly<Record<string, string>>;
  /** Java options, among them the JAAS file when there is one. */
  readonly jvm: readonly string[];
}

export type ClusterStarter = (wish: ClusterWish) => Promise<ServersHandle>;

export interface Outcome {
  /** Such as `test_lock.KazooLockTests.test_lock`. */
  readonly test: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  /** A Python traceback, or why it was skipped. */
  readonly detail: string;
}

interface Message {
  readonly ask?: 'cluster' | 'start' | 'stop';
  readonly server?: number;
  readonly config?: readonly string[];
  readonly properties?: readonly string[];
  readonly jaas?: string | null;
  readonly test?: string;
  readonly tests?: readonly string[];
  readonly kazoo?: string;
  readonly done?: boolean;
}

/** The ids of all tests of the installed kazoo, and its version. */
export async function listKazooTests(): Promise<{ readonly version: string; readonly tests: readonly string[] }> {
  let version = '';
  let tests: readonly string[] = [];
  await runSuiteProcess(['--list'], (message) => {
    version = message.kazoo ?? version;
    tests = message.tests ?? tests;
    return Promise.resolve(null);
  });
  return { version, tests };
}

/**
 * Runs these tests, divided over several processes. A test that its process never got to, because the process
 * ended, counts as failed.
 *
 * @param expectedSeconds how long a test takes, for a fair division
 */
export async function runKazooTests(
  start: ClusterStarter,
  tests: readonly string[],
  processes: number,
  expectedSeconds: (test: string) => number,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  await Promise.all(
    divide(tests, processes, expectedSeconds).map(async (share) => {
      const complaint = await runShare(start, share, (outcome) => outcomes.set(outcome.test, outcome));
      for (const test of share) {
        if (!outcomes.has(test)) outcomes.set(test, { test, outcome: 'failed', seconds: 0, detail: `not run: ${complaint}` });
      }
    }),
  );
  return outcomes;
}

/** SASL tests change the servers for all that follow, so they come last and stay together. */
function divide(tests: readonly string[], parts: number, seconds: (test: string) => number): string[][] {
  const shares = Array.from({ length: Math.min(parts, tests.length) }, () => ({ seconds: 0, tests: [] as string[] }));
  const sasl = tests.filter((test) => test.startsWith('test_sasl.'));
  const others = tests.filter((test) => !sasl.includes(test)).sort((a, b) => seconds(b) - seconds(a));
  const first = shares[0];
  if (first !== undefined) first.seconds += sasl.reduce((sum, test) => sum + seconds(test), 0);
  for (const test of others) {
    const lightest = shares.reduce((least, share) => (share.seconds < least.seconds ? share : least));
    lightest.seconds += seconds(test);
    lightest.tests.push(test);
  }
  return shares.map((share, index) => [...share.tests.sort(), ...(index === 0 ? sasl : [])]).filter((share) => share.length > 0);
}

/** @returns what the process printed last, for tests it never got to */
async function runShare(
  start: ClusterStarter,
  share: readonly string[],
  onOutcome: (outcome: Outcome) => void,
): Promise<string> {
  const directory = temporaryDirectory('zooscope-kazoo-');
  let cluster: ServersHandle | undefined;
  const answer = async (message: Message): Promise<unknown> => {
    if (message.test !== undefined) onOutcome(message as unknown as Outcome);
    if (message.ask === 'start') await cluster?.server(message.server ?? 1).start();
    if (message.ask === 'stop') await cluster?.server(message.server ?? 1).stop();
    if (message.ask !== 'cluster') return null;
    await cluster?.stopAll();
    cluster = await start(wishOf(message, directory));
    return cluster.servers.map((server) => server.connectString);
  };
  try {
    return await runSuiteProcess(share, answer);
  } finally {
    await cluster?.stopAll();
    removeTemporaryDirectory(directory);
  }
}

function wishOf(message: Message, directory: string): ClusterWish {
  const jvm = [...(message.properties ?? [])];
  if (typeof message.jaas === 'string') {
    mkdirSync(directory, { recursive: true });
    const file = join(directory, 'jaas.conf');
    writeFileSync(file, message.jaas);
    jvm.push(`-Djava.security.auth.login.config=${file}`);
  }
  const entries = (message.config ?? []).map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  // The harness of kazoo runs its servers with this tick; its tests wait accordingly.
  return { config: { tickTime: '2000', ...Object.fromEntries(entries) }, jvm };
}

function runSuiteProcess(args: readonly string[], answer: (message: Message) => Promise<unknown>): Promise<string> {
  const { python } = requireParts('kazoo').kazoo;
  const env = { ...process.env, ZOOKEEPER_VERSION: '3.8.0', PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(python, ['-u', suiteFile, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
  guardProcess(child);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  child.stdin.on('error', () => {});
  const reply = (line: string): void => void child.stdin.write(`${line}\n`);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    const done = answer(message);
    if (message.ask === undefined) return;
    done.then(
      (ok) => reply(JSON.stringify({ ok })),
      (error: unknown) => reply(JSON.stringify({ error: String(error) })),
    );
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(complaints.trim()));
  });
}
