/**
 * Local servers and ensembles: made, started, watched, stopped and removed here, each with a profile to open it by.
 * In: names and ids. Out: Lab values, by answer and by event. Must hold: nothing runs that nobody asked for; a server
 * that ends by itself turns to `failed`.
 */

import * as v from 'valibot';
import { Emitter, type Event } from '../../base/emitter.ts';
import type { Lab, LAB_SIZES } from '../../contract/lab.ts';
import { UsageError } from '../../model/errors.ts';
import { openDocument, type StoredDocument } from '../app/documents.ts';
import type { Notices } from '../app/notices.ts';
import type { Caller, HandlersOf, Tell } from '../context.ts';
import type { AskServer, Ports } from '../ports.ts';
import type { ProfilesService } from '../profiles/profiles-service.ts';
import { newId } from '../util/ids.ts';
import { localClient, localConnectString, type ClientParts } from './first-write.ts';
import { keepProfile } from './lab-profile.ts';
import { LabRun } from './lab-run.ts';
import { createRolePoll, type RolePoll } from './role-poll.ts';
import { plantSampleTree } from './sample-tree.ts';

const LAB_VERSION = 1;
const LABS_MAX = 32;

const StoredEnsemble = v.object({ labId: v.string(), name: v.string(), dir: v.string(), profileId: v.string() });
const StoredLabs = v.object({ servers: v.array(StoredEnsemble) });
type StoredEnsemble = v.InferOutput<typeof StoredEnsemble>;

export type LabSize = (typeof LAB_SIZES)[number];

export interface LabRequest {
  /** null: one that is free. */
  readonly name: string | null;
  readonly size: LabSize;
  readonly sampleTree: boolean;
}

export interface LabService {
  list(): Promise<Lab[]>;
  create(request: LabRequest): Promise<Lab>;
  start(labId: string): Promise<Lab>;
  stop(labId: string): Promise<Lab>;
  startServer(labId: string, serverId: number): Promise<Lab>;
  stopServer(labId: string, serverId: number): Promise<Lab>;
  killServer(labId: string, serverId: number): Promise<Lab>;
  remove(labId: string, typedName: string): Promise<void>;
  watch(on: boolean, caller: Caller): void;
  /** Stops every server, for the end of the app. */
  stopAll(): Promise<void>;
  /** The profile of an ensemble one of whose servers started, ended or has another role. */
  readonly moved: Event<string>;
}

export interface LabParts extends ClientParts {
  readonly ports: Ports;
  readonly askServer: AskServer;
  readonly profiles: ProfilesService;
  readonly notices: Notices;
  readonly tell: Tell;
  /** Called before the profile of an ensemble is removed. */
  readonly closeConnections: (profileId: string) => Promise<void>;
}

/** The local servers of this app. */
export function createLab(parts: LabParts): LabService {
  return new Labs(parts);
}

/** An ensemble of the document, and its servers. */
interface Held {
  stored: StoredEnsemble;
  readonly run: LabRun;
}

class Labs implements LabService {
  readonly #parts: LabParts;
  readonly #document: StoredDocument<v.InferOutput<typeof StoredLabs>>;
  readonly #held = new Map<string, Promise<Held>>();
  /** Those that have been read. */
  readonly #known = new Set<Held>();
  readonly #poll: RolePoll;
  readonly moved = new Emitter<string>();

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.#document = openDocument(parts.ports.openStore('lab'), parts.notices, {
      title: 'local servers',
      version: LAB_VERSION,
      schema: StoredLabs,
      empty: { servers: [] },
    });
    this.#poll = createRolePoll(parts.ports.clock, () => [...this.#known].map(({ run }) => run));
  }

  async list(): Promise<Lab[]> {
    return Promise.all((await this.#document.get()).servers.map(async (stored) => shown(await this.#hold(stored))));
  }

  async create({ name, size, sampleTree }: LabRequest): Promise<Lab> {
    const { ports, profiles } = this.#parts;
    const { servers } = await this.#document.get();
    if (servers.length >= LABS_MAX) throw new UsageError('TooManyLabs', `there are ${servers.length} local ensembles already`);
    const labId = newId(ports.random);
    const { dir } = await ports.localServers.create(labId, size);
    const places = await ports.localServers.read(dir);
    const owner = { labId, name: name ?? freeName(servers, size), profileId: '' };
    const profileId = await keepProfile(profiles, owner, localConnectString(places.map(({ clientPort }) => clientPort)));
    const stored = { ...owner, dir, profileId };
    await this.#document.update((now) => ({ servers: [...now.servers, stored] }));
    const held = await this.#hold(stored);
    return this.#start(held, sampleTree ? () => this.#fillIn(held.run) : null);
  }

  async start(labId: string): Promise<Lab> {
    return this.#start(await this.#find(labId), null);
  }

  async stop(labId: string): Promise<Lab> {
    const held = await this.#find(labId);
    await held.run.stop();
    return shown(held);
  }

  async startServer(labId: string, serverId: number): Promise<Lab> {
    const held = await this.#find(labId);
    await held.run.startServer(serverId);
    await this.#followPorts(held);
    return shown(held);
  }

  async stopServer(labId: string, serverId: number): Promise<Lab> {
    const held = await this.#find(labId);
    await held.run.stopServer(serverId);
    return shown(held);
  }

  async killServer(labId: string, serverId: number): Promise<Lab> {
    const held = await this.#find(labId);
    await held.run.killServer(serverId);
    return shown(held);
  }

  async remove(labId: string, typedName: string): Promise<void> {
    const { ports, profiles, tell, closeConnections } = this.#parts;
    const held = await this.#find(labId);
    const { stored: { name, profileId, dir }, run } = held;
    if (typedName !== name) throw new UsageError('NameMismatch', `the name is “${name}”, and another was typed`);
    await closeConnections(profileId);
    await run.close();
    try {
      await ports.localServers.remove(dir);
    } catch (error) {
      run.reopen();
      throw error;
    }
    await this.#document.update(({ servers }) => ({ servers: servers.filter((each) => each.labId !== labId) }));
    this.#held.delete(labId);
    this.#known.delete(held);
    tell('lab.removed', { labId });
    await profiles.remove(profileId);
  }

  watch(on: boolean, caller: Caller): void {
    this.#poll.watch(on, caller);
  }

  async stopAll(): Promise<void> {
    this.#poll.stop();
    await Promise.all([...this.#known].filter(({ run }) => run.isActive).map(({ run }) => run.stop()));
  }

  async #find(labId: string): Promise<Held> {
    const found = (await this.#document.get()).servers.find((server) => server.labId === labId);
    if (found === undefined) throw new UsageError('UnknownLab', `there is no local ensemble ${labId}`);
    return this.#hold(found);
  }

  /** Reads its files when it is asked for first. */
  #hold(stored: StoredEnsemble): Promise<Held> {
    const present = this.#held.get(stored.labId);
    if (present !== undefined) return present;
    const { ports, openClient, askServer } = this.#parts;
    const run = new LabRun({ ports, openClient, askServer, dir: stored.dir, changed: (moved) => this.#changed(held, moved) });
    const held: Held = { stored, run };
    const loaded = run.load().then(() => {
      this.#known.add(held);
      return held;
    });
    this.#held.set(stored.labId, loaded);
    return loaded;
  }

  #changed(held: Held, moved: boolean): void {
    this.#parts.tell('lab.changed', shown(held));
    if (!moved) return;
    this.#poll.moved();
    this.moved.emit(held.stored.profileId);
  }

  async #start(held: Held, fill: (() => Promise<void>) | null): Promise<Lab> {
    await held.run.start(fill);
    await this.#followPorts(held);
    return shown(held);
  }

  /** A port that somebody else had is another one now. */
  async #followPorts(held: Held): Promise<void> {
    const { stored, run: { connectString } } = held;
    if (connectString === null) return;
    const profileId = await keepProfile(this.#parts.profiles, stored, connectString);
    if (stored.profileId === profileId) return;
    held.stored = { ...stored, profileId };
    await this.#document.update(({ servers }) => ({
      servers: servers.map((server) => (server.labId === stored.labId ? { ...server, profileId } : server)),
    }));
  }

  async #fillIn(run: LabRun): Promise<void> {
    const { ports } = this.#parts;
    const text = await ports.readResource('sample-tree.json');
    const client = localClient(this.#parts, await run.look());
    try {
      await plantSampleTree(client, text, ports.hash);
    } finally {
      await client.close();
    }
  }
}

function shown({ stored: { labId, name, dir, profileId }, run }: Held): Lab {
  return { labId, name, engine: 'embedded', dataDir: dir, profileId, ...run.shown() };
}

function freeName(labs: readonly StoredEnsemble[], size: LabSize): string {
  const taken = new Set(labs.map(({ name }) => name));
  const base = size === 1 ? 'Local server' : 'Local ensemble';
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}

type LabCommand =
  | 'lab.list' | 'lab.create' | 'lab.start' | 'lab.stop' | 'lab.startServer' | 'lab.stopServer' | 'lab.killServer' | 'lab.remove' | 'lab.watch';

/** The handlers of `lab.*`. */
export function labHandlers(lab: LabService): HandlersOf<LabCommand> {
  return {
    'lab.list': () => lab.list(),
    'lab.create': (request) => lab.create(request),
    'lab.start': ({ labId }) => lab.start(labId),
    'lab.stop': ({ labId }) => lab.stop(labId),
    'lab.startServer': ({ labId, serverId }) => lab.startServer(labId, serverId),
    'lab.stopServer': ({ labId, serverId }) => lab.stopServer(labId, serverId),
    'lab.killServer': ({ labId, serverId }) => lab.killServer(labId, serverId),
    'lab.remove': async ({ labId, typedName }) => {
      await lab.remove(labId, typedName);
      return null;
    },
    'lab.watch': ({ on }, { caller }) => {
      lab.watch(on, caller);
      return null;
    },
  };
}
