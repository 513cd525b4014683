/** The operations of the public face, each as: check, build the request, hand it to the engine. */

import type { Event } from '../base/emitter.ts';
import { OPEN_ACL, type Acl } from '../model/acl.ts';
import { CreateMode, isContainer, isTtl } from '../model/create-mode.ts';
import type { ZooError } from '../model/errors.ts';
import type { Stat } from '../model/stat.ts';
import { AddWatchMode, type WatcherType } from '../model/watch.ts';
import { CONFIG_PATH } from '../model/zpath.ts';
import type { Codec } from '../wire/jute/codec.ts';
import { CreateRequest } from '../wire/operations/create.ts';
import { CreateTtlRequest } from '../wire/operations/create-ttl.ts';
import { DeleteRequest } from '../wire/operations/delete.ts';
import { PathWatchRequest } from '../wire/operations/exists.ts';
import { PathRecord } from '../wire/operations/get-acl.ts';
import { MultiReadRequest, MultiRequest } from '../wire/operations/multi.ts';
import { GetEphemeralsRequest } from '../wire/operations/queries.ts';
import { SetAclRequest } from '../wire/operations/set-acl.ts';
import { SetDataRequest } from '../wire/operations/set-data.ts';
import { AddWatchRequest } from '../wire/operations/watches.ts';
import type {
  CallOptions, ClientState, CreateOptions, MultiOp, MultiReadOp, MultiResult, ReadOptions, ReplyInfo, RequestRecord,
  StateChange, WatchedEvent, Watcher, WithStat, ZooKeeper,
} from './api.ts';
import { addAuth } from './add-auth.ts';
import { Call, type CallKind, type CallWatch } from './call.ts';
import * as kinds from './call-kinds.ts';
import { checkCreatePath, checkParts, checkPath, checkTtl, checkVersion } from './checks.ts';
import { opsWithChroot, withChroot } from './chroot.ts';
import type { Engine } from './engine.ts';
import { requestFrame } from './request-frame.ts';
import { removeWatches } from './remove-watches.ts';
import type { ServerAddress } from './transport.ts';
import type { WatchKind } from './watch-registry.ts';

const NO_OPTIONS: CallOptions = {};

type Data = WithStat & { readonly data: Uint8Array | null };
type Multi = { readonly results: readonly MultiResult[]; readonly reply: ReplyInfo };

export class ZooKeeperClient implements ZooKeeper {
  readonly #engine: Engine;
  readonly chroot: string;
  readonly stateChanges: Event<StateChange>;
  readonly requests: Event<RequestRecord>;
  readonly watchEvents: Event<WatchedEvent>;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.chroot = engine.chroot;
    this.stateChanges = engine.stateChanges;
    this.requests = engine.exchange.requests;
    this.watchEvents = engine.exchange.watchEvents;
  }

  get state(): ClientState {
    return this.#engine.session.state;
  }
  get sessionId(): bigint {
    return this.#engine.session.sessionId;
  }
  get sessionPassword(): Uint8Array {
    return this.#engine.session.password.slice();
  }
  get sessionTimeoutMs(): number {
    return this.#engine.session.timeoutMs;
  }
  get server(): ServerAddress | null {
    return this.#engine.session.server;
  }
  get servers(): readonly ServerAddress[] {
    return this.#engine.session.servers;
  }
  get lastZxid(): bigint {
    return this.#engine.exchange.lastZxid;
  }
  get failure(): ZooError | null {
    return this.#engine.failure;
  }
  get load(): { readonly inFlight: number; readonly queued: number; readonly watches: number } {
    const { pending, watches } = this.#engine.exchange;
    return { inFlight: pending.inFlight, queued: pending.queued, watches: watches.size };
  }

  ready(options: CallOptions = NO_OPTIONS): Promise<void> {
    return this.#engine.whenReady(options);
  }

  create(
    path: string,
    data: Uint8Array | null,
    options: CreateOptions = NO_OPTIONS,
  ): Promise<WithStat & { readonly path: string }> {
    const mode = options.mode ?? CreateMode.PERSISTENT;
    const kind = isTtl(mode) ? kinds.CREATE_TTL : isContainer(mode) ? kinds.CREATE_CONTAINER : kinds.CREATE;
    return this.#call(kind, path, options, (serverPath) => {
      checkCreatePath(path, mode);
      const ttl = checkTtl(mode, options.ttlMs);
      const request = { path: serverPath, data, acl: [...(options.acl ?? OPEN_ACL)], flags: mode };
      return isTtl(mode)
        ? this.#frame(kind, CreateTtlRequest, { ...request, ttl })
        : this.#frame(kind, CreateRequest, request);
    });
  }

  delete(path: string, version: number, options: CallOptions = NO_OPTIONS): Promise<void> {
    return this.#call(kinds.DELETE, path, options, (serverPath) => {
      checkPath(path);
      checkVersion(version);
      return this.#frame(kinds.DELETE, DeleteRequest, { path: serverPath, version });
    });
  }

  exists(path: string, options: ReadOptions = NO_OPTIONS): Promise<{ readonly stat: Stat | null; readonly reply: ReplyInfo }> {
    return this.#read(kinds.EXISTS, path, options, 'data');
  }

  getData(path: string, options: ReadOptions = NO_OPTIONS): Promise<Data> {
    return this.#read(kinds.GET_DATA, path, options, 'data');
  }

  setData(path: string, data: Uint8Array | null, version: number, options: CallOptions = NO_OPTIONS): Promise<WithStat> {
    return this.#call(kinds.SET_DATA, path, options, (serverPath) => {
      checkPath(path);
      checkVersion(version);
      return this.#frame(kinds.SET_DATA, SetDataRequest, { path: serverPath, data, version });
    });
  }

  getACL(path: string, options: CallOptions = NO_OPTIONS): Promise<WithStat & { readonly acl: readonly Acl[] }> {
    return this.#path(kinds.GET_ACL, path, options);
  }

  setACL(path: string, acl: readonly Acl[], aversion: number, options: CallOptions = NO_OPTIONS): Promise<WithStat> {
    return this.#call(kinds.SET_ACL, path, options, (serverPath) => {
      checkPath(path);
      checkVersion(aversion);
      return this.#frame(kinds.SET_ACL, SetAclRequest, { path: serverPath, acl: [...acl], version: aversion });
    });
  }

  getChildren(path: string, options: ReadOptions = NO_OPTIONS): Promise<WithStat & { readonly children: readonly string[] }> {
    return this.#read(kinds.GET_CHILDREN, path, options, 'child');
  }

  getChildrenRaw(
    path: string,
    options: ReadOptions = NO_OPTIONS,
  ): Promise<WithStat & { readonly names: Uint8Array; readonly count: number }> {
    return this.#read(kinds.GET_CHILDREN_RAW, path, options, 'child');
  }

  sync(path: string, options: CallOptions = NO_OPTIONS): Promise<ReplyInfo> {
    return this.#path(kinds.SYNC, path, options);
  }

  multi(ops: readonly MultiOp[], options: CallOptions = NO_OPTIONS): Promise<Multi> {
    const paths = ops.map((op) => op.request.path);
    return this.#call(kinds.MULTI, null, options, () => {
      checkParts(ops);
      return this.#frame(kinds.MULTI, MultiRequest, opsWithChroot(this.chroot, ops));
    }, null, paths);
  }

  multiRead(ops: readonly MultiReadOp[], options: CallOptions = NO_OPTIONS): Promise<Multi> {
    return this.#call(kinds.MULTI_READ, null, options, () => {
      for (const op of ops) checkPath(op.request.path);
      const unwatched = ops.map((op): MultiReadOp => ({ type: op.type, request: { path: op.request.path, watch: false } }));
      return this.#frame(kinds.MULTI_READ, MultiReadRequest, opsWithChroot(this.chroot, unwatched));
    });
  }

  addWatch(path: string, mode: AddWatchMode, watch: Watcher, options: CallOptions = NO_OPTIONS): Promise<void> {
    const kind: WatchKind = mode === AddWatchMode.PERSISTENT_RECURSIVE ? 'recursive' : 'persistent';
    return this.#call(kinds.ADD_WATCH, path, options, (serverPath) => {
      checkPath(path);
      return this.#frame(kinds.ADD_WATCH, AddWatchRequest, { path: serverPath, mode });
    }, { kind, watcher: watch });
  }

  removeWatches(
    path: string,
    watch: Watcher | null,
    type: WatcherType,
    options: CallOptions & { readonly local?: boolean } = NO_OPTIONS,
  ): Promise<void> {
    return removeWatches(this.#engine, path, watch, type, options);
  }

  getEphemerals(prefix: string, options: CallOptions = NO_OPTIONS): Promise<readonly string[]> {
    return this.#call(kinds.GET_EPHEMERALS, prefix, options, (prefixPath) => {
      checkPath(prefix);
      return this.#frame(kinds.GET_EPHEMERALS, GetEphemeralsRequest, { prefixPath });
    });
  }

  getAllChildrenNumber(path: string, options: CallOptions = NO_OPTIONS): Promise<number> {
    return this.#path(kinds.GET_ALL_CHILDREN_NUMBER, path, options);
  }

  whoAmI(options: CallOptions = NO_OPTIONS): Promise<readonly { readonly authScheme: string; readonly user: string }[]> {
    return this.#call(kinds.WHO_AM_I, null, options, () => this.#frame(kinds.WHO_AM_I, null, null));
  }

  getConfig(options: ReadOptions = NO_OPTIONS): Promise<Data> {
    return this.#read(kinds.GET_DATA, CONFIG_PATH, options, 'data', CONFIG_PATH);
  }

  addAuth(scheme: string, auth: Uint8Array, options: CallOptions = NO_OPTIONS): Promise<void> {
    return addAuth(this.#engine, { scheme, auth }, options);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  abandon(): void {
    this.#engine.abandon();
  }

  #path<Out>(kind: CallKind<Out>, path: string, options: CallOptions): Promise<Out> {
    return this.#call(kind, path, options, (serverPath) => {
      checkPath(path);
      return this.#frame(kind, PathRecord, { path: serverPath });
    });
  }

  #read<Out>(
    kind: CallKind<Out>,
    path: string,
    options: ReadOptions,
    table: WatchKind,
    serverPath = withChroot(this.chroot, path),
  ): Promise<Out> {
    const { watch: watcher } = options;
    return new Promise((resolve, reject) => {
      checkPath(path);
      const frame = this.#frame(kind, PathWatchRequest, { path: serverPath, watch: watcher !== undefined });
      const watch = watcher === undefined ? null : { kind: table, watcher };
      const waiter = { resolve: resolve as (value: unknown) => void, reject };
      this.#engine.submit(new Call({ kind, path, serverPath, chroot: this.chroot, frame, watch }, waiter), options.signal);
    });
  }

  /** @param build makes the frame from the server's path; what it throws rejects the call */
  #call<Out>(
    kind: CallKind<Out>,
    path: string | null,
    options: CallOptions,
    build: (serverPath: string) => Uint8Array,
    watch: CallWatch | null = null,
    partPaths: readonly string[] = [],
  ): Promise<Out> {
    return new Promise((resolve, reject) => {
      const serverPath = path === null ? '' : withChroot(this.chroot, path);
      const frame = build(serverPath);
      const waiter = { resolve: resolve as (value: unknown) => void, reject };
      const call = new Call({ kind, path, serverPath, chroot: this.chroot, frame, watch, partPaths }, waiter);
      this.#engine.submit(call, options.signal);
    });
  }

  #frame<T>(kind: CallKind<unknown>, body: Codec<T> | null, value: T): Uint8Array {
    return requestFrame(kind.code, body, value, this.#engine.requestBytesMax);
  }
}
