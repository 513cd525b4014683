/**
 * The contract's commands in memory: what the view can be looked at and tested with before, and without, a real host.
 * In: a link's host end. Out: answers, events, and knobs (`states`, `delayMs`, `refuse`) to make every screen appear.
 */

import type { AppInfo, Settings } from '../../src/contract/app.ts';
import { DEFAULT_SETTINGS } from '../../src/contract/app.ts';
import type { CommandName, EventName, EventPayload, Params, Result } from '../../src/contract/contract.ts';
import type { ConnectionState, Profile } from '../../src/contract/connections.ts';
import type { HistoryOperation } from '../../src/contract/history.ts';
import type { Lab } from '../../src/contract/lab.ts';
import type { Failure } from '../../src/contract/shapes.ts';
import type { AnyTransferWork, TransferJob } from '../../src/contract/transfer.ts';
import type { CallOutcome } from '../../src/contract/wire-api.ts';
import { serveView, type CallDoor, type ViewChannel } from '../../src/hosts/view-session.ts';
import { fakeCluster, fakeFeed, fakeRequests, fakeSteps } from './fake-screens.ts';
import { fakeLabHandlers } from './fake-labs.ts';
import { sampleProfiles, stateOf } from './fake-profiles.ts';
import { fakeDifference, fakeEntries, fakeItems, fakeJob, fakeJobs, fakeOperations } from './fake-transfers.ts';
import { sampleTree, type FakeNode, type FakeTree } from './fake-tree.ts';
import { joinPath, parentPath } from '../../src/model/zpath.ts';
import type { InferOutput } from 'valibot';

export type Handlers = { [N in CommandName]: (params: Params<N>, signal: AbortSignal) => Result<N> | Promise<Result<N>> };

/** A failure as a host would send it. */
export class FakeFailure extends Error {
  readonly failure: Failure;

  constructor(code: string, fields: Partial<Failure> = {}) {
    super(fields.message ?? code);
    this.failure = { kind: 'answer', code, message: code, layer: 'node', hint: null, path: null, retrySafe: true, ...fields };
  }
}

const refusals: Readonly<Record<string, Partial<Failure>>> = {
  NoAuth: { layer: 'permission', hint: 'hint.addAuth', message: 'no permission' },
  NoNode: { hint: 'hint.refresh', message: 'the node does not exist' },
  ConnectionLoss: { kind: 'weather', layer: 'socket', hint: 'hint.lookThenRetry', message: 'the connection was lost before the reply came' },
};

const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new FakeFailure('Cancelled', { kind: 'cancelled', layer: 'app', message: 'cancelled' }));
    });
  });

export interface FakeBackendOptions {
  /** Begins with no profile saved. */
  readonly empty?: boolean;
  /** Every answer takes this long, ms. */
  readonly delayMs?: number;
}

export class FakeBackend {
  readonly tree: FakeTree = sampleTree();
  profiles: Profile[];
  settings: Settings = DEFAULT_SETTINGS;
  info: InferOutput<typeof AppInfo> = { version: '0.1.0', host: 'web', platform: 'linux', secretStore: 'memory', startProfileId: null };
  labs: Lab[] = [];
  jobs = fakeJobs();
  operations = fakeOperations();
  delayMs: number;
  /** Calls that fail: by command name. */
  readonly refuse = new Map<string, Failure>();
  readonly states = new Map<string, ConnectionState>();
  /** Every call, in order. */
  readonly calls: { readonly name: string; readonly params: unknown }[] = [];
  readonly #running = new Map<string, AbortController>();
  readonly #listeners = new Set<(name: string, payload: unknown) => void>();

  constructor(options: FakeBackendOptions = {}) {
    this.profiles = options.empty === true ? [] : sampleProfiles();
    this.delayMs = options.delayMs ?? 3;
  }

  /** Serves the view at the other end. */
  serve(channel: ViewChannel): void {
    const door: CallDoor = {
      call: (callId, command, params) => this.#call(callId, command as CommandName, params),
      cancel: (callId) => this.#running.get(callId)?.abort(),
      onEvent: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      close: () => undefined,
    };
    serveView(channel, () => door, { log: () => undefined });
  }

  tell<N extends EventName>(name: N, payload: EventPayload<N>): void {
    for (const listener of this.#listeners) listener(name, payload);
  }

  /** Changes the state of a connection, and tells it. */
  setState(connectionId: string, change: Partial<ConnectionState>): void {
    const before = this.states.get(connectionId);
    if (before === undefined) return;
    const next = { ...before, sinceMs: Date.now(), ...change };
    this.states.set(connectionId, next);
    this.tell('connections.changed', next);
  }

  async #call(callId: string, name: CommandName, params: unknown): Promise<CallOutcome> {
    this.calls.push({ name, params });
    const abort = new AbortController();
    this.#running.set(callId, abort);
    try {
      await wait(this.delayMs, abort.signal);
      const refused = this.refuse.get(name);
      if (refused !== undefined) return { ok: false, failure: refused };
      const handler = this.handlers[name] as (params: never, signal: AbortSignal) => unknown;
      return { ok: true, value: await handler(params as never, abort.signal) };
    } catch (thrown) {
      if (thrown instanceof FakeFailure) return { ok: false, failure: thrown.failure };
      throw thrown;
    } finally {
      this.#running.delete(callId);
    }
  }

  #node(connectionId: string, path: string): FakeNode {
    const node = this.tree.find(path);
    const hidden = this.states.get(connectionId)?.name === 'payments' && (path === '/' || path === '/config');
    const code = node === undefined ? 'NoNode' : hidden ? 'NoAuth' : null;
    if (code !== null) throw new FakeFailure(code, { ...refusals[code], path, message: `${refusals[code]?.message ?? code}: ${path}` });
    return node as FakeNode;
  }

  #read(): { server: string; zxid: bigint; atMs: number } {
    return { server: 'zk2.internal:2181', zxid: this.tree.zxid, atMs: Date.now() };
  }

  #open(profile: Profile): ConnectionState {
    const known = [...this.states.values()].find(({ profileId }) => profileId === profile.id);
    if (known !== undefined) return known;
    const state = stateOf(profile, `c${this.states.size + 1}`);
    this.states.set(state.connectionId, state);
    this.tell('connections.changed', state);
    return state;
  }

  #profile(id: string): Profile {
    const found = this.profiles.find((profile) => profile.id === id);
    if (found === undefined) throw new FakeFailure('UnknownProfile', { layer: 'app' });
    return found;
  }

  readonly handlers: Handlers = {
    'app.info': () => this.info,
    'app.notices': () => [],
    'settings.get': () => this.settings,
    'settings.set': (part) => {
      const given = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
      this.settings = { ...this.settings, ...given };
      return this.settings;
    },
    'profiles.list': () => this.profiles,
    'profiles.save': (draft) => {
      const id = draft.id ?? `p${this.profiles.length + 1}`;
      const auth = draft.auth.map((entry, i) => ({ id: entry.id ?? `a${i}`, scheme: entry.scheme, user: entry.user, hasSecret: true }));
      const profile: Profile = { ...draft, id, auth, labId: null, lastOpenedMs: null };
      this.profiles = [...this.profiles.filter((other) => other.id !== id), profile];
      return profile;
    },
    'profiles.remove': ({ id }) => {
      this.profiles = this.profiles.filter((profile) => profile.id !== id);
      return null;
    },
    'profiles.test': async ({ testId, draft }, signal) => {
      const steps = fakeSteps(draft);
      for (const [index, step] of steps.entries()) {
        this.tell('profiles.testStep', { testId, index, step: { ...step, outcome: 'running', failure: null, tookMs: null } });
        await wait(120, signal);
        this.tell('profiles.testStep', { testId, index, step });
      }
      return steps;
    },
    'connections.open': ({ profileId }) => this.#open(this.#profile(profileId)),
    'connections.close': ({ connectionId }) => {
      this.states.delete(connectionId);
      this.tell('connections.closed', { connectionId });
      return null;
    },
    'connections.reopen': ({ connectionId }) => {
      this.setState(connectionId, { state: 'connected', sessionId: 0x1000_0a3b_5c70_0fffn, reason: null });
      return this.states.get(connectionId) as ConnectionState;
    },
    'connections.list': () => [...this.states.values()],
    'connections.addAuth': () => null,
    'tree.children': async ({ connectionId, path, wideAbove }, signal) => {
      const node = this.#node(connectionId, path);
      await wait(node.slowMs, signal);
      if (node.failsWith !== null) throw new FakeFailure(node.failsWith, { ...refusals[node.failsWith], path });
      const { stat } = node;
      const count = node.children.size;
      if (wideAbove !== null && count > wideAbove) return { kind: 'wide', count, stat, read: this.#read() };
      return { kind: 'listed', count, names: this.tree.vectorOf(node), stat, read: this.#read() };
    },
    'tree.stats': ({ paths }) => paths.map((path) => this.tree.rowStat(path)),
    'node.read': ({ connectionId, path }) => {
      const node = this.#node(connectionId, path);
      if (node.locked) throw new FakeFailure('NoAuth', { ...refusals['NoAuth'], path });
      return { path, data: node.data, stat: node.stat, read: this.#read() };
    },
    'node.stat': ({ path }) => {
      const node = this.tree.find(path);
      return node === undefined ? null : { stat: node.stat, read: this.#read() };
    },
    'node.write': ({ path, data, version }) => {
      const node = this.tree.find(path);
      if (node === undefined) return { kind: 'gone' };
      if (node.stat.version !== version) {
        return { kind: 'conflict', current: { path, data: node.data, stat: node.stat, read: this.#read() } };
      }
      this.tree.setData(path, data);
      return { kind: 'written', stat: node.stat, read: this.#read() };
    },
    'node.create': ({ connectionId, path, kind, data }) => {
      const suffix = kind.endsWith('Sequential') ? '0000000042' : '';
      const node = this.tree.put(path + suffix, data, kind.startsWith('ephemeral') ? 0x1000_0a3b_5c70_0004n : 0n);
      this.#stale(connectionId, parentPath(path) ?? '/');
      return { path: path + suffix, stat: node.stat, read: this.#read(), createdParents: [] };
    },
    'node.deletePreview': ({ path }) => {
      const all = this.#subtree(path);
      const sample = all.slice(0, 200).map(([at, node]) => ({
        path: at, ephemeral: node.stat.ephemeralOwner !== 0n, dataLength: node.stat.dataLength, version: node.stat.version,
      }));
      const bytes = all.reduce((sum, [, node]) => sum + node.stat.dataLength, 0);
      const ephemerals = all.filter(([, node]) => node.stat.ephemeralOwner !== 0n).length;
      return { path, nodes: all.length, bytes, ephemerals, unreadable: [], truncated: false, sample, token: path };
    },
    'node.delete': ({ connectionId, path }) => {
      const deleted = this.#subtree(path).length;
      this.tree.remove(path);
      this.#stale(connectionId, parentPath(path) ?? '/');
      return { deleted, left: [], cancelled: false };
    },
    'acl.read': ({ path }) => this.#acl(path),
    'acl.write': ({ path, acl }) => {
      const node = this.tree.find(path);
      if (node === undefined) return { kind: 'gone' };
      node.acl = acl;
      node.stat = { ...node.stat, aversion: node.stat.aversion + 1 };
      return { kind: 'written', value: this.#acl(path) };
    },
    'acl.digest': ({ user }) => ({ id: `${user}:Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=` }),
    'watches.add': ({ connectionId, path, kind }) => ({
      watchId: `w${path}`, connectionId, path, kind, oneShot: kind !== 'persistent' && kind !== 'recursive', setAtMs: Date.now(), events: 0,
    }),
    'watches.remove': () => null,
    'watches.list': ({ connectionId }) => [
      { watchId: 'w1', connectionId, path: '/config', kind: 'recursive', oneShot: false, setAtMs: Date.now() - 90_000, events: 4 },
    ],
    'feed.history': ({ connectionId }) => fakeFeed(connectionId),
    'requests.history': ({ connectionId }) => fakeRequests(connectionId),
    'cluster.status': ({ connectionId }) => fakeCluster(connectionId),
    'cluster.watch': ({ connectionId, on }) => {
      if (on) this.tell('cluster.changed', fakeCluster(connectionId));
      return null;
    },
    'transfer.list': () => this.jobs,
    'transfer.read': ({ work, dryRun }) => this.#startJob(work, dryRun),
    'transfer.write': ({ work }) => this.#startJob(work, false),
    'transfer.items': ({ jobId, actions, from, count }) => {
      const items = fakeItems(this.#job(jobId)).filter(({ action }) => actions === null || actions.includes(action));
      return { items: items.slice(from, from + count), total: items.length };
    },
    'transfer.difference': () => fakeDifference(),
    'transfer.control': ({ jobId, action }) => {
      const states = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const;
      if (action !== 'forget') this.#setJob({ ...this.#job(jobId), state: states[action], endedAtMs: action === 'cancel' ? Date.now() : null });
      else {
        this.jobs = this.jobs.filter((job) => job.jobId !== jobId);
        this.tell('transfer.forgotten', { jobId });
      }
      return {};
    },
    'transfer.setRate': ({ jobId, nodesPerSecondMax }) => {
      this.#setJob({ ...this.#job(jobId), nodesPerSecondMax });
      return {};
    },
    'transfer.suggestFile': ({ path }) => ({ file: `/home/ann/zooscope-exports/orders${path.replaceAll('/', '-')}-2026-11-21.jsonl.gz` }),
    'transfer.files': () => ({
      folder: '/home/ann/zooscope-exports',
      files: ['orders-config-2026-11-20.jsonl.gz', 'orders-services-2026-11-18.jsonl.gz'].map((name, i) => ({
        file: `/home/ann/zooscope-exports/${name}`, bytes: 120_400 * (i + 1), atMs: Date.now() - 86_400_000 * (i + 1),
      })),
    }),
    'transfer.fileInfo': ({ file }) => {
      if (!file.endsWith('.gz')) throw new FakeFailure('BadExport', { kind: 'usage', layer: 'request', hint: 'hint.checkFile', message: 'line 412: edited: the checksum does not match what stands above' });
      return { file, bytes: 120_400, format: 'zooscope', source: 'zk1:2181,zk2:2181,zk3:2181', root: '/config', atMs: Date.now() - 86_400_000, zxid: 0x5_0000_1234n };
    },
    'transfer.chooseFile': () => ({ supported: false, file: null }),
    'history.list': ({ path, from, count }) => {
      const found = this.operations.filter((operation) => path === null || operation.path.startsWith(path));
      return { operations: found.slice(from, from + count), total: found.length, bytesOnDisk: 428_692 };
    },
    'history.entries': ({ operationId, from, count }) => {
      const entries = fakeEntries(this.#operation(operationId));
      return { entries: entries.slice(from, from + count), total: entries.length };
    },
    'history.value': () => fakeDifference().a,
    'history.undo': ({ connectionId, operationId }) => {
      const { path } = this.#operation(operationId);
      return this.#startJob({ kind: 'undo', connectionId, path, operationId }, false);
    },
    'history.forget': ({ operationIds }) => {
      this.operations = operationIds === null ? [] : this.operations.filter((operation) => !operationIds.includes(operation.operationId));
      this.tell('history.forgotten', { operationIds });
      return {};
    },
    ...fakeLabHandlers(this),
  };

  #job(jobId: string): TransferJob {
    const job = this.jobs.find((each) => each.jobId === jobId);
    if (job === undefined) throw new FakeFailure('UnknownJob', { kind: 'usage', layer: 'app' });
    return job;
  }

  #operation(operationId: string): HistoryOperation {
    const operation = this.operations.find((each) => each.operationId === operationId);
    if (operation === undefined) throw new FakeFailure('UnknownOperation', { kind: 'usage', layer: 'app' });
    return operation;
  }

  #setJob(job: TransferJob): void {
    this.jobs = [job, ...this.jobs.filter(({ jobId }) => jobId !== job.jobId)];
    this.tell('transfer.job', job);
  }

  /** A job that has ended when it is looked at. */
  #startJob(work: AnyTransferWork, dryRun: boolean): TransferJob {
    const job = fakeJob(`j${this.jobs.length + 1}`, work, {
      dryRun, state: 'done', phase: 'finished', endedAtMs: Date.now(), startedAtMs: Date.now(), nodes: 640, nodesTotal: 640, nodesPerSecond: 0, remainingMs: null,
      at: null, counts: { create: 2, change: 3, remove: 1, same: 634, leave: 0, fail: 0 }, zxidBefore: 0x5_0000_1250n, zxidAfter: 0x5_0000_1250n,
    });
    this.#setJob(job);
    return job;
  }

  #stale(connectionId: string, path: string): void {
    this.tell('tree.stale', { connectionId, path, what: 'children' });
  }

  #subtree(path: string): [string, FakeNode][] {
    const node = this.tree.find(path);
    if (node === undefined) return [];
    return [[path, node], ...[...node.children.keys()].flatMap((name) => this.#subtree(joinPath(path, name)))];
  }

  #acl(path: string): Result<'acl.read'> {
    const node = this.tree.find(path);
    if (node === undefined) throw new FakeFailure('NoNode', { ...refusals['NoNode'], path });
    const rights = { read: true, write: true, create: true, delete: true, admin: true };
    return { path, acl: node.acl, stat: node.stat, rights, identities: ['ip:10.0.0.7'], masked: false, read: this.#read() };
  }
}
