/**
 * A ZooKeeper client on a tree in memory: enough of the rules for the services' tests. Several clients may share one
 * FakeEnsemble. Every request is counted; a gate can hold requests back, and a fault can fail them.
 */

import { createHash } from 'node:crypto';
import { Emitter } from '../../../src/base/emitter.ts';
import { onCancel } from '../../../src/base/signal.ts';
import type {
  CallOptions, ClientOptions, ClientState, RequestRecord, StateChange, WatchedEvent, Watcher, ZooKeeper,
} from '../../../src/client/api.ts';
import { parseConnectString } from '../../../src/client/connect-string.ts';
import { OPEN_ACL, Perms, type Acl } from '../../../src/model/acl.ts';
import { CreateMode, isEphemeral, isSequential } from '../../../src/model/create-mode.ts';
import { ErrorCode, errorName } from '../../../src/model/error-code.ts';
import { AuthFailedError, CancelledError, KeeperError, SessionExpiredError, UsageError, type ZooError } from '../../../src/model/errors.ts';
import type { Stat } from '../../../src/model/stat.ts';
import { AddWatchMode, EventType, KeeperState } from '../../../src/model/watch.ts';
import { formatSequence, isWithin, joinPath, nodeName, parentPath } from '../../../src/model/zpath.ts';

interface FakeNode {
  data: Uint8Array | null;
  acl: readonly Acl[];
  stat: Stat;
  created: number;
}

type Kind = 'data' | 'child' | 'persistent' | 'recursive';

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class FakeEnsemble {
  readonly nodes = new Map<string, FakeNode>();
  readonly clients = new Set<FakeZooKeeper>();
  zxid = 0x1_0000_0000n;
  /** Whether exists asks for READ, as since 3.8.4. */
  guardsExists = false;
  /** Refused credentials, by scheme. */
  refusedSchemes = new Set<string>();
  /** Called before each request is carried out: may wait, may throw. */
  before: (operation: string, path: string | null, client: FakeZooKeeper) => Promise<void> | void = () => undefined;

  constructor() {
    this.put('/', null);
  }

  /** Makes or changes a node, parents included, as another client would. */
  put(path: string, data: Uint8Array | string | null = null, acl: readonly Acl[] = OPEN_ACL): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (this.nodes.has(path)) {
      this.set(path, bytes);
      return;
    }
    const parent = parentPath(path);
    if (parent !== null && !this.nodes.has(parent)) this.put(parent);
    this.add(path, bytes, acl, 0n);
  }

  add(path: string, data: Uint8Array | null, acl: readonly Acl[], owner: bigint): void {
    const zxid = ++this.zxid;
    const stat = {
      czxid: zxid, mzxid: zxid, ctime: 0n, mtime: 0n, version: 0, cversion: 0, aversion: 0, ephemeralOwner: owner,
      dataLength: data?.length ?? 0, numChildren: 0, pzxid: zxid,
    };
    this.nodes.set(path, { data, acl, stat, created: 0 });
    this.#touchParent(path, 1);
    this.fire(EventType.NodeCreated, path);
    this.fire(EventType.NodeChildrenChanged, parentPath(path));
  }

  set(path: string, data: Uint8Array | null): Stat {
    const node = this.node(path);
    const stat = { ...node.stat, version: node.stat.version + 1, mzxid: ++this.zxid, dataLength: data?.length ?? 0 };
    this.nodes.set(path, { ...node, data, stat });
    this.fire(EventType.NodeDataChanged, path);
    return stat;
  }

  remove(path: string): void {
    for (const child of this.children(path)) this.remove(joinPath(path, child));
    this.zxid++;
    this.nodes.delete(path);
    this.#touchParent(path, -1);
    this.fire(EventType.NodeDeleted, path);
    this.fire(EventType.NodeChildrenChanged, parentPath(path));
  }

  node(path: string): FakeNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new KeeperError(ErrorCode.NoNode, path);
    return node;
  }

  children(path: string): string[] {
    return [...this.nodes.keys()].filter((each) => each !== '/' && parentPath(each) === path).map(nodeName);
  }

  fire(type: EventType, path: string | null): void {
    if (path === null) return;
    for (const client of this.clients) client.deliver({ type, state: KeeperState.SyncConnected, path, zxid: this.zxid });
  }

  #touchParent(path: string, change: number): void {
    const parent = parentPath(path);
    if (parent === null) return;
    const node = this.node(parent);
    const { stat } = node;
    this.nodes.set(parent, {
      ...node,
      created: node.created + Math.max(0, change),
      stat: { ...stat, numChildren: stat.numChildren + change, cversion: stat.cversion + 1, pzxid: this.zxid },
    });
  }
}

export class FakeZooKeeper implements ZooKeeper {
  readonly ensemble: FakeEnsemble;
  readonly options: ClientOptions;
  readonly stateChanges = new Emitter<StateChange>();
  readonly requests = new Emitter<RequestRecord>();
  readonly watchEvents = new Emitter<WatchedEvent>();
  readonly servers;
  readonly chroot;
  readonly sessionPassword = new Uint8Array(16);
  readonly counts = new Map<string, number>();
  /** Ids it holds, besides world:anyone. */
  readonly ids: { scheme: string; id: string }[] = [];
  readonly watches: { kind: Kind; path: string; watcher: Watcher }[] = [];
  state: ClientState = 'connecting';
  sessionId = 0n;
  sessionTimeoutMs = 0;
  server: { host: string; port: number } | null = null;
  lastZxid = 0n;
  failure: ZooError | null = null;
  closed = false;
  busy = 0;
  busyMax = 0;
  #readyWaiters: (() => void)[] = [];

  constructor(ensemble: FakeEnsemble, options: ClientOptions) {
    this.ensemble = ensemble;
    this.options = options;
    const { servers, chroot } = parseConnectString(options.connectString);
    // The real one shuffles them; what comes first is found by its name.
    this.servers = [...servers].reverse();
    this.chroot = chroot;
    ensemble.clients.add(this);
    for (const { scheme, auth } of options.auth ?? []) this.#hold(scheme, auth);
  }

  get load() {
    return { inFlight: this.busy, queued: 0, watches: this.watches.length };
  }

  /** Gets a session, or gets the lost connection back. */
  connect(serverIndex = 0): void {
    this.server = this.servers[this.servers.length - 1 - serverIndex] ?? null;
    if (this.sessionId === 0n) this.sessionId = BigInt(this.ensemble.clients.size);
    this.sessionTimeoutMs = this.options.sessionTimeoutMs ?? 30_000;
    this.change('connected', null);
    for (const waiter of this.#readyWaiters.splice(0)) waiter();
  }

  change(state: ClientState, reason: string | null): void {
    const previous = this.state;
    this.state = state;
    this.stateChanges.emit({ state, previous, server: this.server, reason, atMs: this.options.clock.wallMs() });
  }

  expire(): void {
    this.watches.length = 0;
    this.failure = new SessionExpiredError('the session has expired');
    this.change('expired', 'the session has expired');
  }

  count(operation: string): number {
    return this.counts.get(operation) ?? 0;
  }

  deliver(event: WatchedEvent): void {
    const told = this.watches.filter((watch) => matches(watch, event));
    for (const watch of told) {
      if (watch.kind === 'data' || watch.kind === 'child') this.watches.splice(this.watches.indexOf(watch), 1);
    }
    for (const watcher of new Set(told.map((watch) => watch.watcher))) watcher(event);
    if (told.length > 0) this.watchEvents.emit(event);
  }

  ready(options: CallOptions = {}): Promise<void> {
    if (this.state === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#readyWaiters.push(resolve);
      onCancel(options.signal, () => reject(new CancelledError()));
    });
  }

  create: ZooKeeper['create'] = (path, data, options = {}) =>
    this.#request('create', path, options, () => {
      const parent = parentPath(path) as string;
      const mode = options.mode ?? CreateMode.PERSISTENT;
      this.#need(parent, Perms.CREATE);
      const created = isSequential(mode) ? path + formatSequence(this.ensemble.node(parent).created) : path;
      if (this.ensemble.nodes.has(created)) throw new KeeperError(ErrorCode.NodeExists, created);
      this.ensemble.add(created, data, options.acl ?? OPEN_ACL, isEphemeral(mode) ? this.sessionId : 0n);
      return { path: created, stat: this.ensemble.node(created).stat };
    });

  delete: ZooKeeper['delete'] = (path, version, options = {}) =>
    this.#request('delete', path, options, () => {
      this.#need(parentPath(path) as string, Perms.DELETE);
      const { stat } = this.ensemble.node(path);
      if (version !== -1 && version !== stat.version) throw new KeeperError(ErrorCode.BadVersion, path);
      if (stat.numChildren > 0) throw new KeeperError(ErrorCode.NotEmpty, path);
      this.ensemble.remove(path);
      return {};
    }).then(() => undefined);

  exists: ZooKeeper['exists'] = (path, options = {}) =>
    this.#request('exists', path, options, () => {
      if (options.watch !== undefined) this.#watch('data', path, options.watch);
      if (!this.ensemble.nodes.has(path)) return { stat: null };
      if (this.ensemble.guardsExists) this.#need(path, Perms.READ);
      return { stat: this.ensemble.node(path).stat };
    });

  getData: ZooKeeper['getData'] = (path, options = {}) =>
    this.#request('getData', path, options, () => {
      this.#need(path, Perms.READ);
      if (options.watch !== undefined) this.#watch('data', path, options.watch);
      const { data, stat } = this.ensemble.node(path);
      return { data, stat };
    });

  setData: ZooKeeper['setData'] = (path, data, version, options = {}) =>
    this.#request('setData', path, options, () => {
      this.#need(path, Perms.WRITE);
      if (version !== -1 && version !== this.ensemble.node(path).stat.version) throw new KeeperError(ErrorCode.BadVersion, path);
      return { stat: this.ensemble.set(path, data) };
    });

  getACL: ZooKeeper['getACL'] = (path, options = {}) =>
    this.#request('getACL', path, options, () => {
      const isAdmin = this.#may(path, Perms.ADMIN);
      if (!isAdmin) this.#need(path, Perms.READ);
      const { acl, stat } = this.ensemble.node(path);
      const mask = (id: string): string => `${id.split(':')[0]}:x`;
      return {
        acl: acl.map((entry) =>
          entry.id.scheme === 'digest' && !isAdmin ? { ...entry, id: { ...entry.id, id: mask(entry.id.id) } } : entry,
        ),
        stat,
      };
    });

  setACL: ZooKeeper['setACL'] = (path, acl, aversion, options = {}) =>
    this.#request('setACL', path, options, () => {
      this.#need(path, Perms.ADMIN);
      const node = this.ensemble.node(path);
      if (aversion !== -1 && aversion !== node.stat.aversion) throw new KeeperError(ErrorCode.BadVersion, path);
      const stat = { ...node.stat, aversion: node.stat.aversion + 1 };
      this.ensemble.nodes.set(path, { ...node, acl, stat });
      return { stat };
    });

  getChildren: ZooKeeper['getChildren'] = (path, options = {}) =>
    this.#request('getChildren2', path, options, () => this.#list(path, options.watch));

  getChildrenRaw: ZooKeeper['getChildrenRaw'] = async (path, options = {}) => {
    const { children, stat, reply } = await this.#request('getChildren2', path, options, () => this.#list(path, options.watch));
    return { names: new TextEncoder().encode(children.join('\n')), count: children.length, stat, reply };
  };

  addWatch: ZooKeeper['addWatch'] = (path, mode, watch, options = {}) =>
    this.#request('addWatch', path, options, () => {
      this.#watch(mode === AddWatchMode.PERSISTENT ? 'persistent' : 'recursive', path, watch);
      return {};
    }).then(() => undefined);

  removeWatches: ZooKeeper['removeWatches'] = (path, watch, _type, options = {}) =>
    this.#request('removeWatches', path, options, () => {
      const at = this.watches.findIndex((entry) => entry.path === path && (watch === null || entry.watcher === watch));
      if (at < 0) throw new KeeperError(ErrorCode.NoWatcher, path);
      this.watches.splice(at, 1);
      return {};
    }).then(() => undefined);

  whoAmI: ZooKeeper['whoAmI'] = async () => {
    const { infos } = await this.#request('whoAmI', null, {}, () => ({
      infos: [
        { authScheme: 'ip', user: '127.0.0.1' },
        ...this.ids.map(({ scheme, id }) => ({ authScheme: scheme, user: id.split(':')[0] as string })),
      ],
    }));
    return infos;
  };

  addAuth: ZooKeeper['addAuth'] = (scheme, auth, options = {}) =>
    this.#request('auth', null, options, () => {
      if (this.ensemble.refusedSchemes.has(scheme)) {
        this.change('authFailed', 'refused');
        throw new AuthFailedError(`the server refused the credentials of scheme ${scheme}`);
      }
      this.#hold(scheme, auth);
      return {};
    }).then(() => undefined);

  sync: ZooKeeper['sync'] = () => this.#unsupported();
  /** Of checks only, none of which fails. */
  multi: ZooKeeper['multi'] = (ops, options = {}) => {
    if (ops.some(({ type }) => type !== 13)) return this.#unsupported();
    return this.#request('multi', null, options, () => ({ results: ops.map(() => ({ type: 13 as const })) }));
  };
  multiRead: ZooKeeper['multiRead'] = () => this.#unsupported();
  getEphemerals: ZooKeeper['getEphemerals'] = () => this.#unsupported();
  getAllChildrenNumber: ZooKeeper['getAllChildrenNumber'] = () => this.#unsupported();
  getConfig: ZooKeeper['getConfig'] = () => this.#unsupported();

  close = async (): Promise<void> => {
    await later();
    this.closed = true;
    this.ensemble.clients.delete(this);
    if (this.state !== 'expired' && this.state !== 'closed') this.change('closed', null);
  };
  abandon = (): void => undefined;

  async #request<T extends object>(operation: string, path: string | null, options: CallOptions, work: () => T) {
    if (options.signal?.aborted === true) throw new CancelledError();
    if (this.state === 'expired' || this.state === 'closed') throw this.failure ?? new UsageError('Closed', 'closed');
    this.counts.set(operation, this.count(operation) + 1);
    this.busy++;
    this.busyMax = Math.max(this.busyMax, this.busy);
    let err: number | null = 0;
    try {
      await later();
      await this.ensemble.before(operation, path, this);
      if (isAborted(options)) throw new CancelledError('cancelled', true);
      const value = work();
      this.lastZxid = this.ensemble.zxid;
      const server = this.server ?? { host: 'nowhere', port: 1 };
      return { ...value, reply: { zxid: this.ensemble.zxid, server, atMs: this.options.clock.wallMs() } };
    } catch (error) {
      err = error instanceof KeeperError ? error.number : null;
      throw error;
    } finally {
      this.busy--;
      this.requests.emit({
        xid: 1, operation, path, bytesOut: 10, bytesIn: 20, latencyMs: 1, err, failure: err === null ? 'failed' : null,
        zxid: this.ensemble.zxid, server: this.server, atMs: this.options.clock.wallMs(),
      });
    }
  }

  #list(path: string, watch: Watcher | undefined): { children: string[]; stat: Stat } {
    this.#need(path, Perms.READ);
    if (watch !== undefined) this.#watch('child', path, watch);
    return { children: this.ensemble.children(path), stat: this.ensemble.node(path).stat };
  }

  #watch(kind: Kind, path: string, watcher: Watcher): void {
    if (this.watches.some((entry) => entry.kind === kind && entry.path === path && entry.watcher === watcher)) return;
    this.watches.push({ kind, path, watcher });
  }

  #hold(scheme: string, auth: Uint8Array): void {
    const text = new TextDecoder().decode(auth);
    if (scheme !== 'digest') return;
    const user = text.split(':')[0] as string;
    this.ids.push({ scheme, id: `${user}:${createHash('sha1').update(text).digest('base64')}` });
  }

  #may(path: string, perm: number): boolean {
    const holds = ({ scheme, id }: Acl['id']): boolean =>
      scheme === 'world' || this.ids.some((own) => own.scheme === scheme && own.id === id);
    return this.ensemble.node(path).acl.some((entry) => (entry.perms & perm) !== 0 && holds(entry.id));
  }

  #need(path: string, perm: number): void {
    if (!this.#may(path, perm)) throw new KeeperError(ErrorCode.NoAuth, path);
  }

  #unsupported(): never {
    throw new UsageError('Unsupported', `the fake does not know this: ${errorName(0)}`);
  }
}

// A function of its own: the compiler takes a flag that was false before an await for false after it.
function isAborted(options: CallOptions): boolean {
  return options.signal?.aborted === true;
}

function matches({ kind, path }: { kind: Kind; path: string }, event: WatchedEvent): boolean {
  const at = event.path as string;
  const { type } = event;
  if (kind === 'recursive') return isWithin(at, path) && type !== EventType.NodeChildrenChanged;
  if (path !== at) return false;
  if (kind === 'persistent') return true;
  if (kind === 'child') return type === EventType.NodeChildrenChanged || type === EventType.NodeDeleted;
  return type !== EventType.NodeChildrenChanged;
}
