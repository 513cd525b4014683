/** The services on fakes of everything outside, with helpers to call them the way a view does. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { seededRandom } from '../../../src/base/random.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Transport } from '../../../src/client/transport.ts';
import { PROFILE_DEFAULTS, type ProfileDraft } from '../../../src/contract/connections.ts';
import { COMMANDS, type CommandName, type EventName, type EventPayload, type Params, type Result } from '../../../src/contract/contract.ts';
import type { ApacheFound } from '../../../src/contract/lab.ts';
import type { Failure } from '../../../src/contract/shapes.ts';
import { createDispatcher, type Dispatcher } from '../../../src/hosts/dispatcher.ts';
import type {
  AskServer, LocalServerExit, LocalServerProcess, LocalServers, Lookup, Ports, SecretStore, Store, Stored, StoreName,
} from '../../../src/services/ports.ts';
import { createServices, type Services } from '../../../src/services/services.ts';
import { ConnectionLostError, UsageError } from '../../../src/model/errors.ts';
import * as v from 'valibot';
import { expect } from 'vitest';
import { fakeClock, settle, type FakeClock } from './fake-clock.ts';
import { memoryTransfer, type MemoryTransfer } from './memory-logs.ts';
import { FakeEnsemble, FakeZooKeeper } from './fake-zookeeper.ts';

export interface MemoryStore extends Store {
  stored: Stored;
  aside: unknown[];
  saves: number;
  failing: boolean;
}

export function memoryStore(stored: Stored = { kind: 'none' }): MemoryStore {
  const store: MemoryStore = {
    stored,
    aside: [],
    saves: 0,
    failing: false,
    load: async () => structuredClone(store.stored),
    async save(value) {
      if (store.failing) throw new RangeError('no space left on the device');
      store.saves++;
      store.stored = { kind: 'document', value: JSON.parse(JSON.stringify(value)) as unknown };
    },
    async setAside() {
      store.aside.push(store.stored);
      store.stored = { kind: 'none' };
      return 'somewhere/document.bad';
    },
  };
  return store;
}

export function memorySecrets(): SecretStore & { readonly map: Map<string, string> } {
  const map = new Map<string, string>();
  return {
    kind: 'memory',
    map,
    get: async (key) => map.get(key) ?? null,
    set: async (key, secret) => void map.set(key, secret),
    remove: async (key) => void map.delete(key),
  };
}

export interface FakeLocalServer {
  exit: (exit: LocalServerExit) => void;
  readonly id: number;
  readonly clientPort: number;
  /** What it says of itself; null: that it does not serve. */
  role: string | null;
  readonly engine: string;
  stays: boolean;
  paused: boolean;
}

export interface FakeLocalServers extends LocalServers {
  /** How many servers each directory has, and how many of them are observers. */
  readonly dirs: Map<string, { readonly count: number; readonly observers: number }>;
  /** By directory and id: `/data/<labId>/1`. */
  readonly running: Map<string, FakeLocalServer>;
  /** Of the first server of a directory. */
  port: number;
  failing: Error | null;
  /** False: what is started has no role until `elect`. */
  electing: boolean;
  /** Servers that do not start, by id. */
  readonly broken: Set<number>;
  apache: ApacheFound;
  /** Makes one of those that run the leader of the others. */
  elect(leader: FakeLocalServer): void;
}

export function fakeLocalServers(): FakeLocalServers {
  // Of an earlier app: it has one server.
  const shapeOf = (dir: string): { count: number; observers: number } => servers.dirs.get(dir) ?? { count: 1, observers: 0 };
  const handle = (server: FakeLocalServer): LocalServerProcess => {
    const ending = (how: LocalServerExit) => async (): Promise<void> => {
      await settle();
      server.exit(how);
    };
    return {
      pid: 4710 + server.id,
      clientPort: server.clientPort,
      stop: ending({ code: 0, signal: null, logTail: 'stopped' }),
      kill: ending({ code: null, signal: 'SIGKILL', logTail: '' }),
      pause: async () => void (server.paused = true),
      resume: async () => void (server.paused = false),
      setStays: (stays) => void (server.stays = stays),
    };
  };
  const servers: FakeLocalServers = {
    dirs: new Map(),
    running: new Map(),
    port: 20_001,
    failing: null,
    electing: true,
    broken: new Set(),
    apache: { java: null, zookeeper: null, javaLooked: ['JAVA_HOME is not set'], zookeeperLooked: ['ZOOKEEPER_HOME is not set'] },
    elect(leader) {
      for (const each of servers.running.values()) each.role = each === leader ? 'leader' : 'follower';
    },
    async create(labId, { servers: voters, observers }) {
      const dir = `/data/${labId}`;
      servers.dirs.set(dir, { count: voters + observers, observers });
      return { dir };
    },
    async read(dir) {
      const { count, observers } = shapeOf(dir);
      return Array.from({ length: count }, (_, index) => ({ id: index + 1, clientPort: servers.port + index, observer: index >= count - observers }));
    },
    async start(dir, id, { engine, stays }, onExit) {
      await settle();
      if (servers.failing !== null) throw servers.failing;
      if (servers.broken.has(id)) throw new UsageError('LocalServerFailed', `server ${id} is broken`);
      const key = `${dir}/${id}`;
      const { count, observers } = shapeOf(dir);
      const role = count === 1 ? 'standalone' : id > count - observers ? 'observer' : id === 3 ? 'leader' : 'follower';
      const exit = (how: LocalServerExit): void => {
        if (servers.running.delete(key)) onExit(how);
      };
      const server: FakeLocalServer = { exit, id, clientPort: servers.port + id - 1, role: servers.electing ? role : null, engine, stays, paused: false };
      servers.running.set(key, server);
      return handle(server);
    },
    async find(dir, id, stays, onExit) {
      const key = `${dir}/${id}`;
      const server = servers.running.get(key);
      if (server === undefined) return null;
      server.stays = stays;
      server.exit = (how) => {
        if (servers.running.delete(key)) onExit(how);
      };
      return { ...handle(server), paused: server.paused };
    },
    async files(_dir, id) {
      return { configFile: `/server-${id}/zoo.cfg`, config: 'tickTime=2000\n', logFile: `/server-${id}/server.log`, log: 'serving', cut: false };
    },
    async findApache() {
      return servers.apache;
    },
    async remove(dir) {
      if (servers.failing !== null) throw servers.failing;
      servers.dirs.delete(dir);
    },
    async close() {
      for (const { stays, exit } of [...servers.running.values()]) if (!stays) exit({ code: 0, signal: null, logTail: '' });
    },
  };
  return servers;
}

/** What `srvr` of a running local server says. */
function srvrOf(servers: FakeLocalServers, port: number): string | undefined {
  const server = [...servers.running.values()].find(({ clientPort }) => clientPort === port);
  if (server === undefined) return undefined;
  if (server.role === null) return 'This ZooKeeper instance is not currently serving requests\n';
  return `Zookeeper version: 3.8.0-none, built on now\nZxid: 0x100000002\nMode: ${server.role}\nNode count: 5\n`;
}

/** A transport on which named servers answer, refuse or stay silent. */
export function fakeTransport(how: Map<string, 'open' | 'refuse' | 'silent'>): Transport & { open: number } {
  const transport = {
    open: 0,
    connect: ((address, events) => {
      const mode = how.get(`${address.host}:${address.port}`) ?? 'open';
      let closed = false;
      queueMicrotask(() => {
        if (closed) return;
        if (mode === 'open') events.onOpen();
        if (mode === 'refuse') events.onClose('connection refused (nothing listens there)');
      });
      transport.open++;
      return {
        write: () => undefined,
        close: () => {
          if (!closed) transport.open--;
          closed = true;
        },
      };
    }) satisfies Transport['connect'],
  };
  return transport;
}

export interface Harness {
  readonly transfer: MemoryTransfer;
  readonly ports: Ports;
  readonly services: Services;
  readonly dispatcher: Dispatcher;
  readonly clock: FakeClock;
  readonly ensemble: FakeEnsemble;
  readonly clients: FakeZooKeeper[];
  readonly client: FakeZooKeeper;
  readonly stores: Record<StoreName, MemoryStore>;
  readonly secrets: ReturnType<typeof memorySecrets>;
  readonly localServers: FakeLocalServers;
  readonly sockets: Map<string, 'open' | 'refuse' | 'silent'>;
  readonly transport: ReturnType<typeof fakeTransport>;
  readonly names: Map<string, Lookup>;
  /** Answers of four-letter words, by server and word. */
  readonly words: Map<string, string | (() => Promise<string>)>;
  readonly asked: string[];
  readonly events: { name: EventName; payload: unknown }[];
  told<N extends EventName>(name: N): EventPayload<N>[];
  /** Calls and expects success; the result must be what the contract says. */
  call<N extends CommandName>(name: N, params: Params<N>): Promise<Result<N>>;
  /** Calls and expects a failure. */
  fail<N extends CommandName>(name: N, params: Params<N>): Promise<Failure>;
  /** Saves a profile and opens it, connected. @returns the connection's id */
  open(draft?: Partial<ProfileDraft>): Promise<string>;
}

export interface HarnessOptions {
  readonly stores?: Partial<Record<StoreName, MemoryStore>>;
  /** False: clients stay connecting until the test connects them. */
  readonly autoConnect?: boolean;
  /** Of an earlier app; those that it left running are there. */
  readonly localServers?: FakeLocalServers;
  /** What an earlier run of the app left. */
  readonly transfer?: MemoryTransfer;
}

export function draftOf(draft: Partial<ProfileDraft> = {}): ProfileDraft {
  return { ...PROFILE_DEFAULTS, auth: [], id: null, name: 'test', connectString: 'zk1:2181,zk2:2181', ...draft };
}

export function createHarness(options: HarnessOptions = {}): Harness {
  const clock = fakeClock();
  const ensemble = new FakeEnsemble();
  const clients: FakeZooKeeper[] = [];
  const stores = { profiles: memoryStore(), settings: memoryStore(), lab: memoryStore(), ...options.stores };
  const secrets = memorySecrets();
  const localServers = options.localServers ?? fakeLocalServers();
  const sockets = new Map<string, 'open' | 'refuse' | 'silent'>();
  const transport = fakeTransport(sockets);
  const names = new Map<string, Lookup>();
  const words: Harness['words'] = new Map();
  const asked: string[] = [];
  const askServer: AskServer = async ({ host, port }, word) => {
    asked.push(`${host}:${port} ${word}`);
    const answer = words.get(`${host}:${port} ${word}`) ?? (word === 'srvr' ? srvrOf(localServers, port) : undefined);
    if (answer === undefined) throw new ConnectionLostError(`${host}:${port}: connection refused`, false);
    return typeof answer === 'string' ? answer : answer();
  };
  const transfer = options.transfer ?? memoryTransfer();
  const ports: Ports = {
    app: { version: '0.0.0', host: 'web', platform: 'test' },
    openStore: (name) => stores[name],
    secrets,
    localServers,
    transport,
    resolver: { lookup: async (host) => names.get(host) ?? { ok: true, addresses: ['10.0.0.1'] } },
    hash: { sha1: (bytes) => new Uint8Array(createHash('sha1').update(bytes).digest()) },
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    transfer,
    readResource: async (name) => readFileSync(new URL(`../../../resources/${name}`, import.meta.url), 'utf8'),
    askServer,
    openClient(clientOptions) {
      const client = new FakeZooKeeper(ensemble, clientOptions);
      clients.push(client);
      if (options.autoConnect !== false) queueMicrotask(() => client.connect());
      return client;
    },
  };
  const services = createServices(ports);
  const dispatcher = createDispatcher(services);
  const events: Harness['events'] = [];
  dispatcher.onEvent((name, payload) => events.push({ name: name as EventName, payload }));
  let calls = 0;

  const harness: Harness = {
    transfer, ports, services, dispatcher, clock, ensemble, clients, stores, secrets, localServers, sockets, transport, names, words, asked, events,
    get client() {
      return clients.at(-1) as FakeZooKeeper;
    },
    told: <N extends EventName>(name: N) =>
      events.filter((event) => event.name === name).map((event) => event.payload as EventPayload<N>),
    async call<N extends CommandName>(name: N, params: Params<N>) {
      const outcome = await dispatcher.call(`call-${++calls}`, name, params);
      if (!outcome.ok) throw new TypeError(`${name} failed: ${outcome.failure.code}: ${outcome.failure.message}`);
      return v.parse(COMMANDS[name].result as never, outcome.value) as Result<N>;
    },
    async fail(name, params) {
      const outcome = await dispatcher.call(`call-${++calls}`, name, params);
      expect(outcome.ok).toBe(false);
      return (outcome as Extract<typeof outcome, { ok: false }>).failure;
    },
    async open(draft = {}) {
      const { id } = await harness.call('profiles.save', draftOf(draft));
      const { connectionId } = await harness.call('connections.open', { profileId: id });
      await settle();
      return connectionId;
    },
  };
  return harness;
}

export const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
