/**
 * An ensemble in memory for transfers: sessions whose requests are carried out in order, ACLs, containers and TTL
 * nodes, multiRead; and what goes wrong with it, by a seed: connections cut with requests under way, sessions that
 * expire, others who write meanwhile.
 */

import { createHash } from 'node:crypto';
import { Emitter } from '../../../../src/base/emitter.ts';
import { below, type Random } from '../../../../src/base/random.ts';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import type {
  CallOptions, ClientState, CreateOptions, MultiReadOp, MultiResult, ReplyInfo, RequestRecord, StateChange, WatchedEvent, ZooKeeper,
} from '../../../../src/client/api.ts';
import { OPEN_ACL, Perms, type Acl, type Id } from '../../../../src/model/acl.ts';
import { CreateMode } from '../../../../src/model/create-mode.ts';
import { ErrorCode } from '../../../../src/model/error-code.ts';
import { ConnectionLostError, KeeperError, SessionExpiredError, UsageError, type ZooError } from '../../../../src/model/errors.ts';
import type { Stat } from '../../../../src/model/stat.ts';
import { joinPath, nodeName, parentPath } from '../../../../src/model/zpath.ts';
import type { EndpointSource } from '../../../../src/services/transfer/endpoint.ts';

export interface FakeNode {
  data: Uint8Array | null;
  acl: readonly Acl[];
  mode: number;
  ttlMs: bigint | null;
  owner: bigint;
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  version: number;
  aversion: number;
  cversion: number;
  readonly children: Set<string>;
}

/** What is to happen before a request is carried out; `drop`: the connection ends, and nothing of what is under way took place. */
export type Fault = 'cut' | 'drop' | 'expire' | null;

/** Ensembles are told apart by their servers. */
let made = 0;

export class FakeKeeper {
  readonly nodes = new Map<string, FakeNode>();
  readonly sessions = new Set<FakeSession>();
  zxid = 0x1_0000_0000n;
  requests = new Map<string, number>();
  /** Asked before each request. */
  fault: (operation: string, path: string, session: FakeSession) => Fault = () => null;
  /** Called behind each request that was carried out. */
  after: (operation: string, path: string) => void = () => undefined;
  /** Sessions are transactions, unless they are local ones. */
  sessionsCount = true;
  readonly random: Random;
  readonly server = { host: `fake-${++made}`, port: 2181 };

  constructor(random: Random) {
    this.random = random;
    this.add('/', null, OPEN_ACL, CreateMode.PERSISTENT, null, 0n);
    this.add('/zookeeper', null, OPEN_ACL, CreateMode.PERSISTENT, null, 0n);
    this.add('/zookeeper/quota', null, OPEN_ACL, CreateMode.PERSISTENT, null, 0n);
  }

  /** Makes a node as somebody else would; its parent is there. */
  put(path: string, data: Uint8Array | string | null = null, acl: readonly Acl[] = OPEN_ACL, mode: number = CreateMode.PERSISTENT, ttlMs: bigint | null = null): void {
    const bytes = typeof data === 'string' ? encodeUtf8(data) : data;
    this.add(path, bytes, acl, mode, ttlMs, mode === CreateMode.EPHEMERAL ? 77n : 0n);
  }

  add(path: string, data: Uint8Array | null, acl: readonly Acl[], mode: number, ttlMs: bigint | null, owner: bigint): void {
    const zxid = ++this.zxid;
    this.nodes.set(path, {
      data, acl, mode, ttlMs, owner, czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0, aversion: 0, cversion: 0, children: new Set(),
    });
    this.#parent(path, (parent) => parent.children.add(nodeName(path)));
  }

  set(path: string, data: Uint8Array | null): void {
    const node = this.node(path);
    node.data = data;
    node.version++;
    node.mzxid = ++this.zxid;
  }

  setAcl(path: string, acl: readonly Acl[]): void {
    const node = this.node(path);
    node.acl = acl;
    node.aversion++;
    this.zxid++;
  }

  remove(path: string): void {
    this.zxid++;
    this.nodes.delete(path);
    this.#parent(path, (parent) => parent.children.delete(nodeName(path)));
  }

  node(path: string): FakeNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new KeeperError(ErrorCode.NoNode, path);
    return node;
  }

  /** Everything at and below a path, as text: relative path to data, ACL and kind. */
  dump(root: string): Map<string, string> {
    const out = new Map<string, string>();
    const visit = (path: string, relative: string): void => {
      const node = this.nodes.get(path);
      if (node === undefined) return;
      const data = node.data === null ? 'null' : `${node.data.length}:${createHash('sha1').update(node.data).digest('hex')}`;
      out.set(relative, `${data} ${JSON.stringify(node.acl)} ${node.mode} ${node.ttlMs ?? ''}`);
      for (const name of [...node.children].sort()) visit(joinPath(path, name), relative === '' ? name : `${relative}/${name}`);
    };
    visit(root, '');
    return out;
  }

  statOf(path: string): Stat {
    const node = this.node(path);
    const { czxid, mzxid, pzxid, version, cversion, aversion, owner } = node;
    return {
      czxid, mzxid, pzxid, version, cversion, aversion, ctime: 0n, mtime: 0n, ephemeralOwner: owner,
      dataLength: node.data?.length ?? 0, numChildren: node.children.size,
    };
  }

  /** A session of its own for a job, with what a host knows of it. */
  source(options: Partial<EndpointSource> & { readonly ids?: readonly Id[]; readonly chroot?: string; readonly host?: string } = {}): EndpointSource {
    const { ids = [], chroot = '', host = this.server.host, ...rest } = options;
    return {
      name: `${host}:${this.server.port}`,
      open: () => {
        if (this.sessionsCount) this.zxid++;
        return Promise.resolve(new FakeSession(this, ids, chroot, host));
      },
      close: (client) => client.close(),
      requestBytesMax: 1_048_575,
      multiRead: () => Promise.resolve(true),
      identities: ids,
      ...rest,
    };
  }

  #parent(path: string, change: (parent: FakeNode) => void): void {
    const parent = path === '/' ? undefined : this.nodes.get(parentPath(path) as string);
    if (parent === undefined) return;
    change(parent);
    parent.cversion++;
    parent.pzxid = this.zxid;
  }
}

interface Queued {
  readonly operation: string;
  readonly path: string;
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: ZooError) => void;
}


export class FakeSession implements ZooKeeper {
  readonly keeper: FakeKeeper;
  readonly ids: readonly Id[];
  readonly chroot: string;
  readonly sessionId: bigint;
  readonly sessionPassword = new Uint8Array(16);
  readonly sessionTimeoutMs = 30_000;
  readonly server;
  readonly servers;
  readonly stateChanges = new Emitter<StateChange>();
  readonly requests = new Emitter<RequestRecord>();
  readonly watchEvents = new Emitter<WatchedEvent>();
  state: ClientState = 'connected';
  lastZxid = 0n;
  failure: ZooError | null = null;
  /** Nobody reads its replies any more, as after a kill. */
  dead = false;
  #queue: Queued[] = [];
  #turning = false;
  #ready: { resolve: () => void; reject: (error: ZooError) => void }[] = [];

  constructor(keeper: FakeKeeper, ids: readonly Id[], chroot: string, host: string) {
    this.keeper = keeper;
    this.server = { ...keeper.server, host };
    this.servers = [this.server];
    this.ids = ids;
    this.chroot = chroot;
    this.sessionId = BigInt(keeper.sessions.size + 1);
    keeper.sessions.add(this);
  }

  get load() {
    return { inFlight: this.#queue.length, queued: 0, watches: 0 };
  }

  ready(): Promise<void> {
    if (this.dead) return new Promise(() => undefined);
    if (this.state === 'connected') return Promise.resolve();
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.#ready.push({ resolve, reject }));
  }

  create(path: string, data: Uint8Array | null, options: CreateOptions = {}) {
    return this.#ask('create', path, () => {
      const real = this.#real(path);
      const parent = parentPath(real) as string;
      const mode = options.mode ?? CreateMode.PERSISTENT;
      if (!this.keeper.nodes.has(parent)) throw new KeeperError(ErrorCode.NoNode, path);
      this.#need(parent, Perms.CREATE);
      if (this.keeper.nodes.has(real)) throw new KeeperError(ErrorCode.NodeExists, path);
      if (this.keeper.node(parent).owner !== 0n) throw new KeeperError(ErrorCode.NoChildrenForEphemerals, path);
      this.keeper.add(real, data, this.#stored(options.acl ?? OPEN_ACL), mode, options.ttlMs ?? null, mode === CreateMode.EPHEMERAL ? this.sessionId : 0n);
      return { path, stat: this.keeper.statOf(real) };
    });
  }

  delete(path: string, version: number) {
    return this.#ask('delete', path, () => {
      const real = this.#real(path);
      const parent = parentPath(real) as string;
      if (!this.keeper.nodes.has(parent)) throw new KeeperError(ErrorCode.NoNode, path);
      this.#need(parent, Perms.DELETE);
      const node = this.keeper.node(real);
      if (version !== -1 && version !== node.version) throw new KeeperError(ErrorCode.BadVersion, path);
      if (node.children.size > 0) throw new KeeperError(ErrorCode.NotEmpty, path);
      this.keeper.remove(real);
      return {};
    }).then(() => undefined);
  }

  exists(path: string) {
    return this.#ask('exists', path, () => {
      const real = this.#real(path);
      return { stat: this.keeper.nodes.has(real) ? this.keeper.statOf(real) : null };
    });
  }

  getData(path: string) {
    return this.#ask('getData', path, () => {
      const real = this.#real(path);
      this.#need(real, Perms.READ);
      return { data: this.keeper.node(real).data, stat: this.keeper.statOf(real) };
    });
  }

  setData(path: string, data: Uint8Array | null, version: number) {
    return this.#ask('setData', path, () => {
      const real = this.#real(path);
      this.#need(real, Perms.WRITE);
      if (version !== -1 && version !== this.keeper.node(real).version) throw new KeeperError(ErrorCode.BadVersion, path);
      this.keeper.set(real, data);
      return { stat: this.keeper.statOf(real) };
    });
  }

  getACL(path: string) {
    return this.#ask('getACL', path, () => {
      const real = this.#real(path);
      const isAdmin = this.#may(real, Perms.ADMIN);
      if (!isAdmin) this.#need(real, Perms.READ);
      const mask = (entry: Acl): Acl => {
        if (isAdmin || entry.id.scheme !== 'digest') return entry;
        return { perms: entry.perms, id: { scheme: 'digest', id: `${entry.id.id.split(':')[0] as string}:x` } };
      };
      return { acl: this.keeper.node(real).acl.map(mask), stat: this.keeper.statOf(real) };
    });
  }

  setACL(path: string, acl: readonly Acl[], aversion: number) {
    return this.#ask('setACL', path, () => {
      const real = this.#real(path);
      this.#need(real, Perms.ADMIN);
      if (aversion !== -1 && aversion !== this.keeper.node(real).aversion) throw new KeeperError(ErrorCode.BadVersion, path);
      this.keeper.setAcl(real, this.#stored(acl));
      return { stat: this.keeper.statOf(real) };
    });
  }

  getChildren(path: string) {
    return this.#ask('getChildren', path, () => {
      const real = this.#real(path);
      this.#need(real, Perms.READ);
      return { children: [...this.keeper.node(real).children], stat: this.keeper.statOf(real) };
    });
  }

  getChildrenRaw(path: string) {
    return this.getChildren(path).then(({ children, stat, reply }) => {
      const names = children.map(encodeUtf8);
      const bytes = new Uint8Array(4 + names.reduce((sum, name) => sum + 4 + name.length, 0));
      const view = new DataView(bytes.buffer);
      view.setInt32(0, names.length);
      let at = 4;
      for (const name of names) {
        view.setInt32(at, name.length);
        bytes.set(name, at + 4);
        at += 4 + name.length;
      }
      return { names: bytes, count: names.length, stat, reply };
    });
  }

  sync(path: string): Promise<ReplyInfo> {
    return this.#ask('sync', path, () => ({})).then(({ reply }) => reply);
  }

  multiRead(ops: readonly MultiReadOp[]) {
    return this.#ask('multiRead', ops[0]?.request.path ?? '/', () => {
      const results = ops.map(({ type, request }): MultiResult => {
        const real = this.#real(request.path);
        try {
          this.#need(real, Perms.READ);
          if (type === 8) return { type: 8, children: [...this.keeper.node(real).children] };
          return { type: 4, data: this.keeper.node(real).data, stat: this.keeper.statOf(real) };
        } catch (error) {
          return { type: -1, err: (error as KeeperError).number };
        }
      });
      return { results };
    });
  }

  getAllChildrenNumber(path: string): Promise<number> {
    return this.#ask('getAllChildrenNumber', path, () => ({ count: this.keeper.dump(this.#real(path)).size - 1 })).then(({ count }) => count);
  }

  multi: ZooKeeper['multi'] = () => unsupported();
  addWatch: ZooKeeper['addWatch'] = () => unsupported();
  removeWatches: ZooKeeper['removeWatches'] = () => unsupported();
  getEphemerals: ZooKeeper['getEphemerals'] = () => unsupported();
  whoAmI: ZooKeeper['whoAmI'] = () => unsupported();
  getConfig: ZooKeeper['getConfig'] = () => unsupported();
  addAuth: ZooKeeper['addAuth'] = () => unsupported();

  close(): Promise<void> {
    this.keeper.sessions.delete(this);
    if (this.failure === null) this.state = 'closed';
    return Promise.resolve();
  }

  /** Its process dies: of what was under way a part is carried out, and nobody waits for it. */
  abandon(): void {
    this.dead = true;
    this.#lose();
  }

  /** The connection breaks: of what is under way a part was carried out, and no reply comes. @param most of it */
  cut(most?: number): void {
    if (this.state !== 'connected') return;
    this.#lose(most);
    this.state = 'connecting';
    setImmediate(() => {
      if (this.state !== 'connecting') return;
      this.state = 'connected';
      for (const { resolve } of this.#ready.splice(0)) resolve();
      this.#turnSoon();
    });
  }

  expire(): void {
    if (this.state === 'expired' || this.state === 'closed') return;
    this.#lose();
    this.failure = new SessionExpiredError('the session has expired');
    this.state = 'expired';
    for (const { reject } of this.#ready.splice(0)) reject(this.failure);
  }

  #lose(most?: number): void {
    const lost = this.#queue.splice(0);
    const done = most ?? below(this.keeper.random, lost.length + 1);
    lost.forEach((each, index) => {
      try {
        if (index < done) each.work();
      } catch {
        // Nobody hears of it.
      }
      if (!this.dead) each.reject(new ConnectionLostError('the connection was lost', true));
    });
  }

  #ask<T extends object>(operation: string, path: string, work: () => T, options: CallOptions = {}): Promise<T & { readonly reply: ReplyInfo }> {
    if (this.dead) return new Promise(() => undefined);
    if (options.signal?.aborted === true) return Promise.reject(new UsageError('Closed', 'cancelled'));
    if (this.failure !== null) return Promise.reject(this.failure);
    if (this.state === 'closed') return Promise.reject(new UsageError('Closed', 'the client is closed'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ operation, path, work, resolve: resolve as (value: never) => void, reject });
      this.#turnSoon();
    });
  }

  #turnSoon(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#turn();
    });
  }

  /** Carries a few requests out, in order. */
  #turn(): void {
    for (let left = 1 + below(this.keeper.random, 24); left > 0 && this.state === 'connected' && this.#queue.length > 0; left--) {
      const first = this.#queue[0] as Queued;
      const fault = this.keeper.fault(first.operation, first.path, this);
      if (fault === 'cut') this.cut();
      else if (fault === 'drop') this.cut(0);
      else if (fault === 'expire') this.expire();
      else this.#carryOut(this.#queue.shift() as Queued);
    }
    if (this.#queue.length > 0 && this.state === 'connected') this.#turnSoon();
  }

  #carryOut({ operation, path, work, resolve, reject }: Queued): void {
    this.keeper.requests.set(operation, (this.keeper.requests.get(operation) ?? 0) + 1);
    try {
      const value = work() as object;
      this.lastZxid = this.keeper.zxid;
      const reply: ReplyInfo = { zxid: this.keeper.zxid, server: this.server, atMs: 0 };
      if (!this.dead) resolve({ ...value, reply } as never);
    } catch (error) {
      if (!this.dead) reject(error as ZooError);
    }
    this.keeper.after(operation, path);
  }

  #real(path: string): string {
    return path === '/' ? this.chroot || '/' : `${this.chroot}${path}`;
  }

  #may(path: string, perm: number): boolean {
    if (this.ids.some(({ scheme }) => scheme === 'super')) return this.keeper.node(path) !== undefined;
    return this.keeper.node(path).acl.some(
      ({ perms, id }) => (perms & perm) !== 0 && (id.scheme === 'world' || this.ids.some((own) => own.scheme === id.scheme && own.id === id.id)),
    );
  }

  #need(path: string, perm: number): void {
    if (!this.#may(path, perm)) throw new KeeperError(ErrorCode.NoAuth, path);
  }

  #stored(acl: readonly Acl[]): readonly Acl[] {
    return acl.flatMap((entry) => (entry.id.scheme === 'auth' ? this.ids.map((id) => ({ perms: entry.perms, id })) : [entry]));
  }
}

function unsupported(): Promise<never> {
  return Promise.reject(new UsageError('Unsupported', 'not in the fake'));
}
