/**
 * kazoo (Python) as another ZooKeeper client: a genuine second opinion, and the one who changes things meanwhile.
 * In: operations or short Python scripts. Out: JSON. Needs the part `kazoo`.
 * Must hold: the Python process ends with the test process (it reads our pipe until it closes).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guardProcess } from './process-guard.ts';
import { requireParts } from './requirements.ts';

const driverFile = fileURLToPath(new URL('kazoo_driver.py', import.meta.url));

/** What JSON carries, and bytes. */
export type KazooValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly KazooValue[]
  | { readonly [key: string]: KazooValue | undefined };

export interface KazooAcl {
  readonly perms: number;
  readonly scheme: string;
  readonly id: string;
}

/** A node's stat; 64-bit values are decimal strings. */
export interface KazooStat {
  readonly czxid: string;
  readonly mzxid: string;
  readonly ctime: string;
  readonly mtime: string;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: string;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: string;
}

export interface KazooEvent {
  readonly type: string;
  readonly state: string;
  readonly path: string;
}

/** A failure on the Python side; `kazooType` is the exception's class, such as `NoNodeError`. */
export class KazooError extends Error {
  readonly kazooType: string;

  constructor(kazooType: string, message: string) {
    super(`${kazooType}: ${message}`);
    this.name = 'KazooError';
    this.kazooType = kazooType;
  }
}

export interface KazooStartOptions {
  /** Session timeout. */
  readonly timeoutSeconds?: number;
  /** Pairs of scheme and credential, such as `['digest', 'bob:bobsecret']`. */
  readonly auth?: readonly (readonly [string, string])[];
  readonly readOnly?: boolean;
}

export interface KazooCreateOptions {
  readonly acl?: readonly KazooAcl[];
  readonly ephemeral?: boolean;
  readonly sequence?: boolean;
  /** Creates missing parents. */
  readonly makepath?: boolean;
}

export interface KazooClient {
  readonly sessionId: bigint;
  /** The path that came to be. */
  create(path: string, data?: string | Uint8Array, options?: KazooCreateOptions): Promise<string>;
  set(path: string, data: string | Uint8Array, version?: number): Promise<KazooStat>;
  delete(path: string, options?: { readonly version?: number; readonly recursive?: boolean }): Promise<void>;
  get(path: string): Promise<{ data: Buffer; stat: KazooStat }>;
  /** Sorted by code unit. */
  children(path: string): Promise<string[]>;
  exists(path: string): Promise<KazooStat | null>;
  getAcl(path: string): Promise<{ acl: KazooAcl[]; stat: KazooStat }>;
  setAcl(path: string, acl: readonly KazooAcl[], version?: number): Promise<KazooStat>;
  /** Sets a one-shot watch; what fires goes to `events`. */
  watch(path: string, kind: 'data' | 'exists' | 'children'): Promise<void>;
  readonly events: readonly KazooEvent[];
  /** Runs Python with `zk`, `args` and what earlier scripts left; gives back its variable `result`. */
  run(script: string, args?: KazooValue): Promise<unknown>;
  /** Closes the session and ends the process. */
  close(): Promise<void>;
  /** Ends the process without closing the session. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs a short Python script once, with `KazooClient` in scope and `args` as given; gives back what the script puts
 * into its variable `result`. Bytes come back as Buffers.
 */
export async function runKazoo(script: string, args: KazooValue = null): Promise<unknown> {
  const driver = startDriver();
  try {
    return await driver.call('run', { script, args });
  } finally {
    await driver.kill();
  }
}

/** Starts a long-lived kazoo client connected to the given servers. */
export async function startKazoo(connectString: string, options: KazooStartOptions = {}): Promise<KazooClient> {
  const driver = startDriver();
  let session: { sessionId: string };
  try {
    session = (await driver.call('connect', {
      hosts: connectString,
      timeout: options.timeoutSeconds ?? 10,
      auth: options.auth?.map((pair) => [...pair]) ?? null,
      read_only: options.readOnly ?? false,
    })) as { sessionId: string };
  } catch (error) {
    await driver.kill();
    throw error;
  }
  return kazooClient(driver, BigInt(session.sessionId));
}

function kazooClient(driver: KazooDriver, sessionId: bigint): KazooClient {
  const close = async (): Promise<void> => {
    try {
      if (driver.running()) await driver.call('close', {});
    } finally {
      await driver.kill();
    }
  };
  return {
    sessionId,
    events: driver.events,
    create: (path, data = '', options = {}) =>
      driver.call('create', { path, data: bytesOf(data), ...(options as KazooRecord) }) as Promise<string>,
    set: (path, data, version = -1) =>
      driver.call('set', { path, data: bytesOf(data), version }) as Promise<KazooStat>,
    delete: async (path, options = {}) => {
      await driver.call('delete', { path, ...options });
    },
    get: (path) => driver.call('get', { path }) as Promise<{ data: Buffer; stat: KazooStat }>,
    children: (path) => driver.call('children', { path }) as Promise<string[]>,
    exists: (path) => driver.call('exists', { path }) as Promise<KazooStat | null>,
    getAcl: (path) => driver.call('get_acl', { path }) as Promise<{ acl: KazooAcl[]; stat: KazooStat }>,
    setAcl: (path, acl, version = -1) =>
      driver.call('set_acl', { path, acl: acl as unknown as KazooValue, version }) as Promise<KazooStat>,
    watch: async (path, kind) => {
      await driver.call('watch', { path, kind });
    },
    run: (script, args = null) => driver.call('run', { script, args }),
    close,
    kill: driver.kill,
    [Symbol.asyncDispose]: close,
  };
}

type KazooRecord = { readonly [key: string]: KazooValue | undefined };

interface KazooDriver {
  readonly events: readonly KazooEvent[];
  running(): boolean;
  call(op: string, args: KazooRecord): Promise<unknown>;
  kill(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

function startDriver(): KazooDriver {
  const { python } = requireParts('kazoo').kazoo;
  const child = spawn(python, ['-u', driverFile], { stdio: ['pipe', 'pipe', 'pipe'] });
  guardProcess(child);
  const pending = new Map<number, Pending>();
  const events: KazooEvent[] = [];
  let nextId = 1;
  let complaints = '';
  let ended = false;

  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = fromJson(line) as {
      id?: number;
      ok?: unknown;
      event?: KazooEvent;
      error?: { type: string; message: string };
    };
    if (message.event !== undefined) events.push(message.event);
    const waiter = pending.get(message.id ?? -1);
    if (waiter === undefined) return;
    pending.delete(message.id ?? -1);
    if (message.error === undefined) waiter.resolve(message.ok);
    else waiter.reject(new KazooError(message.error.type, message.error.message));
  });
  const finish = (): void => {
    ended = true;
    for (const { reject } of pending.values()) reject(new KazooError('ProcessEnded', complaints.trim()));
    pending.clear();
  };
  child.once('error', finish);
  child.once('close', finish);

  return {
    events,
    running: () => !ended,
    call(op, args) {
      if (ended) return Promise.reject(new KazooError('ProcessEnded', complaints.trim()));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, op, args: toJson(args) })}\n`);
      });
    },
    async kill() {
      if (ended || child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

function toJson(value: KazooValue | undefined): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map((item: KazooValue) => toJson(item));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value as KazooRecord).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item)]));
  }
  return value;
}

function fromJson(line: string): unknown {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && '$bytes' in value) {
      return Buffer.from(String(value.$bytes), 'base64');
    }
    return value;
  });
}
