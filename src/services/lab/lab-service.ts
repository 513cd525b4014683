/**
 * Local servers and ensembles: made, started, watched, stopped and removed here, each with a profile to open it by.
 * In: names and ids. Out: Lab values, by answer and by event. Must hold: nothing runs that nobody asked for; a server
 * that ends by itself turns to `failed`.
 */

import * as v from 'valibot';
import { Emitter, type Event } from '../../base/emitter.ts';
import { onCancel, type CancelSignal } from '../../base/signal.ts';
import { LAB_ENGINES, type ApacheFound, type EngineName, type Lab, type LabFiles, type LabOptions } from '../../contract/lab.ts';
import { UsageError } from '../../model/errors.ts';
import { openDocument, type StoredDocument } from '../app/documents.ts';
import type { Notices } from '../app/notices.ts';
import type { Caller, Tell } from '../context.ts';
import type { AskServer, LocalServerStart, Ports } from '../ports.ts';
import type { ProfilesService } from '../profiles/profiles-service.ts';
import { newId } from '../util/ids.ts';
import { localClient, localConnectString, type ClientParts } from './first-write.ts';
import { keepProfile } from './lab-profile.ts';
import { LabRun, type Fill } from './lab-run.ts';
import { createRolePoll, type RolePoll } from './role-poll.ts';
import { plantSampleTree } from './sample-tree.ts';

const LAB_VERSION = 1;
const LABS_MAX = 32;

const StoredEnsemble = v.object({
  labId: v.string(),
  name: v.string(),
  dir: v.string(),
  profileId: v.string(),
  engine: v.optional(v.picklist(LAB_ENGINES), 'embedded'),
  zookeeper: v.optional(v.nullable(v.string()), null),
  stays: v.optional(v.boolean(), false),
  /** A person chose the client ports: they are not moved. */
  ownPorts: v.optional(v.boolean(), false),
});
const StoredLabs = v.object({ servers: v.array(StoredEnsemble) });
type StoredEnsemble = v.InferOutput<typeof StoredEnsemble>;

/** As the methods of LabRun are called. */
export type ServerAction = 'startServer' | 'stopServer' | 'killServer' | 'restartServer' | 'pauseServer' | 'resumeServer';

export interface LabService {
  list(): Promise<Lab[]>;
  create(options: LabOptions): Promise<Lab>;
  findApache(zookeeper: string | null): Promise<ApacheFound>;
  setStays(labId: string, stays: boolean): Promise<Lab>;
  setEngine(labId: string, engine: EngineName, zookeeper: string | null): Promise<Lab>;
  files(labId: string, serverId: number): Promise<LabFiles>;
  start(labId: string): Promise<Lab>;
  stop(labId: string): Promise<Lab>;
  /** Does one thing to one server. */
  serverDo(action: ServerAction, labId: string, serverId: number): Promise<Lab>;
  remove(labId: string, typedName: string): Promise<void>;
  watch(on: boolean, caller: Caller): void;
  /** Stops every server that does not stay, for the end of the app. */
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

  async create(options: LabOptions): Promise<Lab> {
    const { ports } = this.#parts;
    const { name, servers: voters, observers, clientPort, engine, stays, sampleTree } = options;
    if (voters === 1 && observers > 0) throw new UsageError('BadOptions', 'observers need at least two servers to observe');
    const { servers } = await this.#document.get();
    if (servers.length >= LABS_MAX) throw new UsageError('TooManyLabs', `there are ${servers.length} local ensembles already`);
    const zookeeper = await this.#checkedEngine(engine, options.zookeeper);
    const labId = newId(ports.random);
    const { dir } = await ports.localServers.create(labId, { servers: voters, observers, clientPort });
    const stored = await this.#keep({
      labId, name: name ?? freeName(servers, voters), dir, profileId: '', engine, zookeeper, stays, ownPorts: clientPort !== null,
    });
    const held = await this.#hold(stored);
    return this.#start(held, sampleTree ? (signal) => this.#fillIn(held.run, signal) : null);
  }

  /** Writes down what was made; when that cannot be, nothing of it is left. @returns with its profile @throws UsageError StoreFailed */
  async #keep(made: StoredEnsemble): Promise<StoredEnsemble> {
    const { ports: { localServers }, profiles } = this.#parts;
    let stored = made;
    try {
      const places = await localServers.read(made.dir);
      stored = { ...made, profileId: await keepProfile(profiles, made, localConnectString(places.map(({ clientPort }) => clientPort))) };
      await this.#document.update(({ servers }) => ({ servers: [...servers, stored] }));
      return stored;
    } catch (error) {
      await Promise.allSettled([localServers.remove(made.dir), ...(stored.profileId === '' ? [] : [profiles.remove(stored.profileId)])]);
      throw error;
    }
  }

  findApache(zookeeper: string | null): Promise<ApacheFound> {
    return this.#parts.ports.localServers.findApache(zookeeper);
  }

  async setStays(labId: string, stays: boolean): Promise<Lab> {
    const held = await this.#find(labId);
    await this.#store(held, { stays });
    held.run.setStays(stays);
    return this.#told(held);
  }

  async setEngine(labId: string, engine: EngineName, zookeeper: string | null): Promise<Lab> {
    const held = await this.#find(labId);
    const chosen = await this.#checkedEngine(engine, zookeeper);
    if (held.run.isActive) throw new UsageError('LabRuns', 'its servers run: stop them first');
    await this.#store(held, { engine, zookeeper: chosen });
    return this.#told(held);
  }

  async files(labId: string, serverId: number): Promise<LabFiles> {
    return this.#parts.ports.localServers.files((await this.#find(labId)).stored.dir, serverId);
  }

  async start(labId: string): Promise<Lab> {
    return this.#start(await this.#find(labId), null);
  }

  async stop(labId: string): Promise<Lab> {
    const held = await this.#find(labId);
    await held.run.stop();
    return shown(held);
  }

  async serverDo(action: ServerAction, labId: string, serverId: number): Promise<Lab> {
    const held = await this.#find(labId);
    await held.run[action](serverId);
    await this.#followPorts(held);
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
    const active = [...this.#known].filter(({ run }) => run.isActive);
    await Promise.all(active.map(({ stored, run }) => (stored.stays ? run.leave() : run.stop())));
    await this.#parts.ports.localServers.close();
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
    const run = new LabRun({
      ports, openClient, askServer, dir: stored.dir, how: () => howOf(held.stored), changed: (moved) => this.#changed(held, moved),
    });
    const held: Held = { stored, run };
    const loaded = run.load().then(() => {
      this.#known.add(held);
      // Those that were found running have a role to tell.
      this.#poll.moved();
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

  async #start(held: Held, fill: Fill | null): Promise<Lab> {
    await held.run.start(fill);
    await this.#followPorts(held);
    return shown(held);
  }

  /** A port that somebody else had is another one now. */
  async #followPorts(held: Held): Promise<void> {
    const { stored, run: { connectString } } = held;
    if (connectString === null) return;
    const profileId = await keepProfile(this.#parts.profiles, stored, connectString);
    if (stored.profileId !== profileId) await this.#store(held, { profileId });
  }

  async #store(held: Held, change: Partial<StoredEnsemble>): Promise<void> {
    const { labId } = held.stored;
    await this.#document.update(({ servers }) => ({ servers: servers.map((server) => (server.labId === labId ? { ...server, ...change } : server)) }));
    held.stored = { ...held.stored, ...change };
  }

  #told(held: Held): Lab {
    this.#changed(held, false);
    return shown(held);
  }

  /** @returns the folder to keep @throws UsageError NoZooKeeper or NoJava, saying where it was looked for */
  async #checkedEngine(engine: EngineName, folder: string | null): Promise<string | null> {
    if (engine === 'embedded') return null;
    const { java, javaLooked, zookeeper, zookeeperLooked } = await this.findApache(folder);
    if (zookeeper === null) throw new UsageError('NoZooKeeper', `Apache ZooKeeper was not found: ${zookeeperLooked.join('; ')}`);
    if (java === null) throw new UsageError('NoJava', `Java was not found: ${javaLooked.join('; ')}`);
    return folder;
  }

  async #fillIn(run: LabRun, signal: CancelSignal): Promise<void> {
    const { ports } = this.#parts;
    const text = await ports.readResource('sample-tree.json');
    const client = localClient(this.#parts, await run.look());
    // Servers that are being stopped would be waited for as long as a session lasts.
    const forget = onCancel(signal, () => void client.close());
    try {
      await plantSampleTree(client, text, ports.hash);
    } finally {
      forget();
      await client.close();
    }
  }
}

function shown({ stored: { labId, name, dir, profileId, engine, zookeeper, stays }, run }: Held): Lab {
  return { labId, name, engine, zookeeper, stays, dataDir: dir, profileId, ...run.shown() };
}

function howOf({ engine, zookeeper, stays, ownPorts }: StoredEnsemble): LocalServerStart {
  return { engine, zookeeper, stays, movesPort: !ownPorts };
}

function freeName(labs: readonly StoredEnsemble[], voters: number): string {
  const taken = new Set(labs.map(({ name }) => name));
  const base = voters === 1 ? 'Local server' : 'Local ensemble';
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}
