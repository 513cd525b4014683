/**
 * Transfers through the command line, on real servers: the ugly tree planted, the command run, and what another client
 * then sees. Needs the parts `java`, `zookeeper` and `kazoo`.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startApacheEnsemble, startApacheStandalone } from '../support/apache.ts';
import { guardProcess } from '../support/process-guard.ts';
import { requireParts } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const CLI = process.env['ZOOSCOPE_CLI'] ?? at('../../bin/zooscope.js');

/** Who may do anything: reads ACLs unmasked, as a backup would. */
export const SUPER = 'digest:super:secret';

/** What makes a server take every kind of node and every scheme of ACL. @param password of the user `super` */
export const uglyServer = (password = 'secret'): string[] => [
  '-Dzookeeper.extendedTypesEnabled=true',
  `-Dzookeeper.DigestAuthenticationProvider.superDigest=super:${createHash('sha1').update(`super:${password}`).digest('base64')}`,
  '-Dzookeeper.authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
  '-Dzookeeper.authProvider.2=org.apache.zookeeper.server.auth.X509AuthenticationProvider',
];

export const startUglyEnsemble = (): Promise<ServersHandle> => startApacheEnsemble({ servers: 3, jvm: uglyServer() });
export const startUglyStandalone = (): Promise<ServersHandle> => startApacheStandalone({ jvm: uglyServer() });

/** How a program ended. */
export interface Ended {
  /** The exit code, or the signal. */
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  guardProcess(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'gone', out, err }));
  });
  return { child, ended };
}

export interface CliOptions {
  /** The app's directory. */
  readonly home: string;
  /** Default SUPER; null for none. */
  readonly auth?: string | null;
  /** Longest file that it may write, kB, as the shell's `ulimit -f` (blocks of 1024 bytes). */
  readonly fileKbMax?: number;
}

/** Starts a transfer command. */
export function start({ home, auth = SUPER, fileKbMax }: CliOptions, ...args: readonly string[]): Running {
  const env = { ZOOSCOPE_HOME: home, ...(auth === null ? {} : { ZOOSCOPE_AUTH: auth }) };
  if (fileKbMax === undefined) return run(process.execPath, [CLI, ...args], env);
  return run('/bin/bash', ['-c', `ulimit -f ${fileKbMax}; exec "$0" "$@"`, process.execPath, CLI, ...args], env);
}

/** Runs a transfer command to its end. */
export function cli(options: CliOptions, ...args: readonly string[]): Promise<Ended> {
  return start(options, ...args).ended;
}

/** Runs one to its end, which must be a good one. */
export async function cliWell(options: CliOptions, ...args: readonly string[]): Promise<Ended> {
  const ended = await cli(options, ...args);
  if (ended.code !== 0) throw new Error(`${args.join(' ')} ended with ${ended.code}\n${ended.out.slice(-3000)}\n${ended.err.slice(-3000)}`);
  return ended;
}

/**
 * Runs one with --json and kills it (SIGKILL) when so many nodes are through.
 *
 * @returns whether it was killed; false when it came to its end before
 */
export async function killAt(nodes: number, options: CliOptions, ...args: readonly string[]): Promise<boolean> {
  const running = start(options, ...args, '--json');
  let killed = false;
  const lines = createInterface({ input: running.child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    const told = JSON.parse(line) as { readonly type: string; readonly nodes?: number };
    if (killed || told.type !== 'progress' || (told.nodes ?? 0) < nodes) return;
    killed = running.child.kill('SIGKILL');
  });
  const { code, err } = await running.ended;
  if (code === 'SIGKILL') return true;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
  return false;
}

export interface TreeShape {
  readonly nodes: number;
  readonly root?: string;
  readonly seed?: number;
  readonly depth?: number;
  readonly big?: number;
  readonly ttl?: boolean;
}

/** Plants the ugly tree. */
export async function plantUgly({ servers }: ServersHandle, { nodes, root = '/ugly', seed = 1, depth = 200, big = 2, ttl = true }: TreeShape): Promise<void> {
  const [first] = servers;
  const args = [
    at('../../scripts/ugly-tree.mjs'), '--connect', `${first?.host}:${first?.clientPort}`, '--root', root, '--nodes', String(nodes),
    '--seed', String(seed), '--depth', String(depth), '--big', String(big), '--auth', SUPER, ...(ttl ? ['--ttl'] : []),
  ];
  const { code, err } = await run(process.execPath, args).ended;
  if (code !== 0) throw new Error(`the tree was not planted: ${err}`);
}

/** Every node as kazoo sees it, a line each. @param connect an ensemble or one server */
export async function walk(connect: string, root: string, auth = SUPER): Promise<string[]> {
  const { kazoo } = requireParts('kazoo');
  const { code, out, err } = await run(kazoo.python, [at('../support/kazoo_walk.py'), connect, root, auth]).ended;
  if (code !== 0) throw new Error(`the walk failed: ${err.slice(-2000)}`);
  return out.trimEnd().split('\n');
}

/** In what two walks differ, few lines of it; empty when in nothing. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const old = new Set(before);
  const now = new Set(after);
  const out = [...before.filter((line) => !now.has(line)).map((line) => `- ${line}`), ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`)];
  return out.slice(0, 20);
}

/** The last line of a JSON report. */
export function endOf({ out }: Ended): Record<string, unknown> & { readonly progress: { readonly counts: Record<string, number>; readonly leftOut: Record<string, number>; readonly nodes: number; readonly sessionsLost: number } } {
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as never;
}
