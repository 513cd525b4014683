/**
 * Local servers: made, started, watched and stopped here, each with a profile to open it by. In: names and ids. Out:
 * LabServer values, by answer and by event. Must hold: a process that ends by itself turns its server to `failed`.
 */

import * as v from 'valibot';
import type { CancelSignal } from '../../base/signal.ts';
import type { ClientOptions, ZooKeeper } from '../../client/api.ts';
import type { LabServer } from '../../contract/lab.ts';
import { parseConnectString } from '../../client/connect-string.ts';
import { PROFILE_DEFAULTS, type Profile } from '../../contract/connections.ts';
import { CancelledError, UsageError } from '../../model/errors.ts';
import { openDocument, type StoredDocument } from '../app/documents.ts';
import type { Notices } from '../app/notices.ts';
import { clientOptionsOf } from '../connections/connections-service.ts';
import type { HandlersOf, Tell } from '../context.ts';
import { makeFailure, toFailure } from '../failure.ts';
import type { LocalServerExit, LocalServerProcess, Ports } from '../ports.ts';
import type { ProfilesService } from '../profiles/profiles-service.ts';
import { createCancel, withTimeout } from '../util/cancel.ts';
import { newId } from '../util/ids.ts';
import { parseSampleTree, writeSampleTree } from './sample-tree.ts';

const LAB_VERSION = 1;
const SERVE_TIMEOUT_MS = 20_000;
const SERVERS_MAX = 32;

const StoredServer = v.object({ labId: v.string(), name: v.string(), dir: v.string(), profileId: v.string() });
const StoredLab = v.object({ servers: v.array(StoredServer) });
type StoredServer = v.InferOutput<typeof StoredServer>;

interface Running {
  state: LabServer['state'];
  process: LocalServerProcess | null;
  failure: LabServer['failure'];
  /** Set while it is stopped on purpose: its end is then no failure. */
  stopping: boolean;
  starting: Promise<void> | null;
}

export interface LabService {
  list(): Promise<LabServer[]>;
  create(name: string | null, sampleTree: boolean): Promise<LabServer>;
  start(labId: string): Promise<LabServer>;
  stop(labId: string): Promise<LabServer>;
  /** Stops every server, for the end of the app. */
  stopAll(): Promise<void>;
}

export interface LabParts {
  readonly ports: Ports;
  readonly openClient: (options: ClientOptions) => ZooKeeper;
  readonly profiles: ProfilesService;
  readonly notices: Notices;
  readonly tell: Tell;
}

/** The local servers of this app. */
export function createLab(parts: LabParts): LabService {
  return new Lab(parts);
}

class Lab implements LabService {
  readonly #parts: LabParts;
  readonly #document: StoredDocument<v.InferOutput<typeof StoredLab>>;
  readonly #running = new Map<string, Running>();

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.#document = openDocument(parts.ports.openStore('lab'), parts.notices, {
      title: 'local servers',
      version: LAB_VERSION,
      schema: StoredLab,
      empty: { servers: [] },
    });
  }

  async list(): Promise<LabServer[]> {
    return (await this.#document.get()).servers.map((stored) => this.#shown(stored));
  }

  async create(name: string | null, sampleTree: boolean): Promise<LabServer> {
    const { servers } = await this.#document.get();
    if (servers.length >= SERVERS_MAX) throw new UsageError('TooManyLabs', `there are ${servers.length} local servers already`);
    const stored = await makeServer(this.#parts, name ?? freeName(servers));
    await this.#document.update((now) => ({ servers: [...now.servers, stored] }));
    await this.#start(stored);
    const { process } = this.#runningOf(stored.labId);
    if (sampleTree && process !== null) await fillIn(this.#parts, process.clientPort);
    return this.#shown(await this.#find(stored.labId));
  }

  async start(labId: string): Promise<LabServer> {
    await this.#start(await this.#find(labId));
    return this.#shown(await this.#find(labId));
  }

  async stop(labId: string): Promise<LabServer> {
    const stored = await this.#find(labId);
    const running = this.#runningOf(labId);
    // A process that is only being made cannot be stopped yet.
    if (running.process === null && running.starting !== null) await running.starting.catch(() => undefined);
    running.stopping = true;
    await running.process?.stop();
    // A start that this cut short has to see that it was meant.
    await running.starting?.catch(() => undefined);
    return this.#change(stored, { state: 'stopped', process: null, failure: null, stopping: false });
  }

  async stopAll(): Promise<void> {
    const running = [...this.#running].filter(([, { process }]) => process !== null);
    await Promise.all(running.map(([labId]) => this.stop(labId)));
  }

  #runningOf(labId: string): Running {
    const found = this.#running.get(labId);
    if (found !== undefined) return found;
    const made: Running = { state: 'stopped', process: null, failure: null, stopping: false, starting: null };
    this.#running.set(labId, made);
    return made;
  }

  async #find(labId: string): Promise<StoredServer> {
    const found = (await this.#document.get()).servers.find((server) => server.labId === labId);
    if (found === undefined) throw new UsageError('UnknownLab', `there is no local server ${labId}`);
    return found;
  }

  #shown(stored: StoredServer): LabServer {
    return labServerOf(stored, this.#runningOf(stored.labId));
  }

  #change(stored: StoredServer, next: Partial<Running>): LabServer {
    Object.assign(this.#runningOf(stored.labId), next);
    const server = this.#shown(stored);
    this.#parts.tell('lab.changed', server);
    return server;
  }

  /** Starts it unless it runs; a start that is under way is joined. */
  async #start(stored: StoredServer): Promise<void> {
    const running = this.#runningOf(stored.labId);
    if (running.state === 'running') return;
    running.starting ??= this.#launch(stored).finally(() => (running.starting = null));
    await running.starting;
  }

  async #launch(stored: StoredServer): Promise<void> {
    const { ports, profiles } = this.#parts;
    const running = this.#runningOf(stored.labId);
    this.#change(stored, { state: 'starting', failure: null, stopping: false });
    const ended = createCancel();
    const onExit = (exit: LocalServerExit): void => {
      this.#ended(stored, exit);
      ended.cancel();
    };
    try {
      const process = await ports.localServers.start(stored.dir, onExit);
      running.process = process;
      await this.#noteProfile(stored, await keepProfile(profiles, stored, process.clientPort));
      await waitServing(this.#parts, process.clientPort, ended.signal);
      this.#change(await this.#find(stored.labId), { state: 'running' });
    } catch (error) {
      // A server that ended while it was waited for has told why; that says more than that the waiting ended.
      const failure = running.failure ?? toFailure(error);
      const wasStopping = running.stopping;
      running.stopping = true;
      await running.process?.stop();
      this.#change(stored, { state: wasStopping ? 'stopped' : 'failed', process: null, failure: wasStopping ? null : failure, stopping: false });
      if (error instanceof CancelledError) throw new UsageError('LocalServerFailed', failure.message);
      throw error;
    }
  }

  #ended(stored: StoredServer, exit: LocalServerExit): void {
    const { stopping } = this.#runningOf(stored.labId);
    this.#change(stored, { state: stopping ? 'stopped' : 'failed', process: null, failure: stopping ? null : exitFailure(exit) });
  }

  async #noteProfile(stored: StoredServer, profileId: string): Promise<void> {
    if (stored.profileId === profileId) return;
    await this.#document.update(({ servers }) => ({
      servers: servers.map((server) => (server.labId === stored.labId ? { ...server, profileId } : server)),
    }));
  }
}

async function makeServer({ ports, profiles }: LabParts, name: string): Promise<StoredServer> {
  const labId = newId(ports.random);
  const { dir } = await ports.localServers.create(labId);
  const profile = await profiles.save(localDraft(null, name, 2181), labId);
  return { labId, name, dir, profileId: profile.id };
}

function localDraft(id: string | null, name: string, clientPort: number): Parameters<ProfilesService['save']>[0] {
  return {
    ...PROFILE_DEFAULTS, id, name, colour: 'green', environment: 'local', auth: [], connectString: `127.0.0.1:${clientPort}`,
  };
}

/** The profile follows the port; one that was removed is made anew under the server's name. */
async function keepProfile(profiles: ProfilesService, stored: StoredServer, clientPort: number): Promise<string> {
  const present: Profile | undefined = (await profiles.list()).find(({ id }) => id === stored.profileId);
  if (present === undefined) {
    return (await profiles.save(localDraft(null, stored.name, clientPort), stored.labId)).id;
  }
  const { chroot } = parseConnectString(present.connectString);
  const connectString = `127.0.0.1:${clientPort}${chroot}`;
  if (present.connectString === connectString) return present.id;
  const auth = present.auth.map(({ id, scheme, user }) => ({ id, scheme, user }));
  return (await profiles.save({ ...present, auth, connectString }, stored.labId)).id;
}

function localClient({ ports, openClient }: LabParts, clientPort: number): ZooKeeper {
  return openClient(clientOptionsOf(ports, { ...PROFILE_DEFAULTS, connectString: `127.0.0.1:${clientPort}` }, []));
}

/** Waits until the server gives a session. @throws UsageError LocalServerFailed; CancelledError when it ended first */
async function waitServing(parts: LabParts, clientPort: number, ended: CancelSignal): Promise<void> {
  const client = localClient(parts, clientPort);
  try {
    const late = new UsageError('LocalServerFailed', `the local server gave no session in ${SERVE_TIMEOUT_MS} ms`);
    const outcome = await withTimeout(parts.ports.clock, SERVE_TIMEOUT_MS, ended, (signal) => client.ready({ signal }), late);
    if (outcome === late) throw late;
  } finally {
    await client.close();
  }
}

async function fillIn(parts: LabParts, clientPort: number): Promise<void> {
  const { ports } = parts;
  const nodes = await parseSampleTree(await ports.readResource('sample-tree.json'), ports.hash);
  const client = localClient(parts, clientPort);
  try {
    await writeSampleTree(client, nodes);
  } finally {
    await client.close();
  }
}

function labServerOf({ labId, name, dir, profileId }: StoredServer, { state, process, failure }: Running): LabServer {
  return {
    labId,
    name,
    engine: 'embedded',
    state,
    connectString: process === null ? null : `127.0.0.1:${process.clientPort}`,
    pid: process?.pid ?? null,
    dataDir: dir,
    profileId,
    failure,
  };
}

function exitFailure({ code, signal, logTail }: LocalServerExit): NonNullable<LabServer['failure']> {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
  return makeFailure('weather', 'LocalServerFailed', `the server ended (${how}). The end of its log:\n${logTail}`);
}

function freeName(servers: readonly StoredServer[]): string {
  const taken = new Set(servers.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'Local server' : `Local server ${number}`;
    if (!taken.has(name)) return name;
  }
}

/** The handlers of `lab.*`. */
export function labHandlers(lab: LabService): HandlersOf<'lab.list' | 'lab.create' | 'lab.start' | 'lab.stop'> {
  return {
    'lab.list': () => lab.list(),
    'lab.create': ({ name, sampleTree }) => lab.create(name, sampleTree),
    'lab.start': ({ labId }) => lab.start(labId),
    'lab.stop': ({ labId }) => lab.stop(labId),
  };
}
