/**
 * Clients that fight over a few nodes while the servers under them are killed, paused and cut off, and the judgement
 * of what they were answered. ZOOSCOPE_KILLS: so many rounds instead of a few; ZOOSCOPE_SEED: other choices.
 */

import { expect } from 'vitest';
import type { ZooKeeper } from '../../src/client/api.ts';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { CreateMode } from '../../src/model/create-mode.ts';
import { ZooError } from '../../src/model/errors.ts';
import type { Stat } from '../../src/model/stat.ts';
import { explainHistory, type Action, type Operation } from '../support/history/linearise.ts';
import { complainOfOrder, type Answered } from '../support/history/orders.ts';
import { complainOfPresence, type Ephemeral, type Listing } from '../support/history/presence.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { bytes, openClient, text } from './client-support.ts';
import { expectEqualTrees, figure, until } from './ensemble-support.ts';

export const SEED = Number(process.env['ZOOSCOPE_SEED'] ?? 1);
/** @param few how many rounds there are when nobody asks for more */
export const rounds = (few: number): number => Number(process.env['ZOOSCOPE_KILLS'] ?? few);

/** A dead leader is noticed within a second. Sessions may be long, so that a client can wait for a paused server. */
export const FAULT_CONFIG = { tickTime: '200', initLimit: '30', syncLimit: '5', maxSessionTimeout: '60000', preAllocSize: '64', snapCount: '3000' };

const REGISTERS = ['/r0', '/r1', '/r2'] as const;
const NUMBERED = '/numbered';
const EPHEMERALS = '/ephemerals';
/** Between two requests of a client, so that histories stay short enough to be judged. */
const PAUSE_MS = 4;
/** Stays with one server, however long that is silent. */
const PATIENT_MS = 60_000;
/** Goes to another server soon. */
const QUICK_MS = 4_000;
const ROAMING = 3;

export interface Load {
  /** Operations that were answered. */
  readonly answered: number;
  /** Writes acknowledged so far: it grows as long as there is a quorum. */
  readonly written: number;
  /** Resolves when so many more writes are acknowledged. */
  goesOn(): Promise<void>;
  /** Joins the fight: reads everything behind a sync, on connections that stand. Not awaited by anybody until the end. */
  ask(clients: readonly ZooKeeper[]): void;
  /** Ends the clients, half of them without a word, and judges everything. @returns what was judged, for a person */
  judge(): Promise<string>;
}

interface Session {
  readonly zk: ZooKeeper;
  readonly ephemeral: Ephemeral;
}

interface Wish {
  readonly id: string;
  /** Where it was made; null: nobody knows whether it was. */
  path: string | null;
}

/** Everything that was asked and answered. */
class Ledger {
  readonly operations = new Map<string, Operation[]>(REGISTERS.map((path) => [path, []]));
  readonly answers: Answered[] = [];
  readonly wishes: Wish[] = [];
  readonly ephemerals: Ephemeral[] = [];
  readonly listings: Listing[] = [];
  unknown = 0;
  written = 0;
}

const now = (): number => performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One client after the other, each when the session before it is over. */
class Player {
  readonly #name: string;
  readonly #connect: () => ZooKeeper;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #known = new Map<string, number>();
  readonly sessions: Session[] = [];
  #count = 0;
  #stopping = false;
  readonly done: Promise<void>;

  constructor(name: string, connect: () => ZooKeeper, random: Random, ledger: Ledger) {
    this.#name = name;
    this.#connect = connect;
    this.#random = random;
    this.#ledger = ledger;
    this.done = this.#play();
  }

  stop(): void {
    this.#stopping = true;
  }

  async #play(): Promise<void> {
    while (!this.#stopping) {
      const session = await this.#open();
      while (!this.#stopping && session.zk.failure === null) {
        await this.#move(session);
        await sleep(PAUSE_MS);
      }
    }
  }

  async #open(): Promise<Session> {
    const zk = this.#connect();
    const name = `${this.#name}-${this.sessions.length}`;
    const ephemeral = { name, createdMs: Infinity, aliveMs: 0 };
    const session = { zk, ephemeral };
    this.sessions.push(session);
    this.#ledger.ephemerals.push(ephemeral);
    const made = await answered(zk.create(`${EPHEMERALS}/${name}`, null, { mode: CreateMode.EPHEMERAL }));
    if (made !== null && 'value' in made) Object.assign(ephemeral, { createdMs: now() });
    return session;
  }

  async #move(session: Session): Promise<void> {
    const calledMs = now();
    const path = REGISTERS[below(this.#random, REGISTERS.length)] as string;
    const dice = below(this.#random, 10);
    let isAlive: boolean;
    if (dice < 4) isAlive = await this.#write(session.zk, path);
    else if (dice < 6) isAlive = await this.#readBehindSync(session.zk, path);
    else if (dice < 8) isAlive = await this.#read(session.zk, path);
    else if (dice < 9) isAlive = await this.#number(session.zk);
    else isAlive = await this.#list(session.zk);
    if (isAlive) session.ephemeral.aliveMs = calledMs;
  }

  async #write(zk: ZooKeeper, path: string): Promise<boolean> {
    const known = this.#known.get(path);
    const expects = known === undefined || below(this.#random, 3) === 0 ? null : known;
    const value = `${this.#name}.${++this.#count}`;
    const calledMs = now();
    const result = await answered(zk.setData(path, bytes(value), expects ?? -1));
    if (result === null) return false;
    const answeredMs = 'unknown' in result ? Infinity : now();
    const outcome = 'unknown' in result ? { kind: 'unknown' } as const
      : 'refused' in result ? { kind: 'badVersion' } as const : { kind: 'written', version: result.value.stat.version } as const;
    this.#note(path, calledMs, answeredMs, { kind: 'write', value, expects, outcome });
    if ('value' in result) {
      this.#ledger.written++;
      this.#answered(path, calledMs, result.value.stat, result.value.reply.zxid, 'write');
    } else if ('unknown' in result) {
      this.#ledger.unknown++;
    } else {
      this.#known.delete(path);
    }
    return 'value' in result;
  }

  async #readBehindSync(zk: ZooKeeper, path: string): Promise<boolean> {
    const stat = await readBehindSync(zk, path, `${this.#name}-${this.sessions.length}`, this.#ledger);
    if (stat !== null) this.#known.set(path, stat.version);
    return stat !== null;
  }

  async #read(zk: ZooKeeper, path: string): Promise<boolean> {
    const calledMs = now();
    const result = await answered(zk.getData(path));
    if (result === null || !('value' in result)) return false;
    this.#answered(path, calledMs, result.value.stat, result.value.reply.zxid, 'read');
    return true;
  }

  async #number(zk: ZooKeeper): Promise<boolean> {
    const wish: Wish = { id: `${this.#name}.${++this.#count}`, path: null };
    const result = await answered(zk.create(`${NUMBERED}/n-`, bytes(wish.id), { mode: CreateMode.PERSISTENT_SEQUENTIAL }));
    if (result === null) return false;
    this.#ledger.wishes.push(wish);
    if ('value' in result) wish.path = result.value.path;
    return 'value' in result;
  }

  async #list(zk: ZooKeeper): Promise<boolean> {
    const calledMs = now();
    const [synced, result] = await Promise.all([answered(zk.sync(EPHEMERALS)), answered(zk.getChildren(EPHEMERALS))]);
    if (synced === null || result === null || !('value' in synced) || !('value' in result)) return false;
    this.#ledger.listings.push({ calledMs, answeredMs: now(), names: new Set(result.value.children) });
    return true;
  }

  #note(path: string, calledMs: number, answeredMs: number, action: Action): void {
    this.#ledger.operations.get(path)?.push({ client: this.#name, calledMs, answeredMs, action });
  }

  #answered(path: string, calledMs: number, { version }: Stat, zxid: bigint, kind: Answered['kind']): void {
    this.#known.set(path, version);
    this.#ledger.answers.push({ client: `${this.#name}-${this.sessions.length}`, calledMs, answeredMs: now(), zxid, kind, path, version });
  }
}

/** Both are sent at once, so that nothing of another connection comes between. */
async function readBehindSync(zk: ZooKeeper, path: string, client: string, ledger: Ledger): Promise<Stat | null> {
  const calledMs = now();
  const connection = zk.server;
  const [synced, result] = await Promise.all([answered(zk.sync(path)), answered(zk.getData(path))]);
  if (synced === null || result === null || !('value' in synced) || !('value' in result) || connection !== zk.server) return null;
  const { data, stat, reply } = result.value;
  const answeredMs = now();
  const saw = { version: stat.version, value: text(data) ?? '' };
  ledger.operations.get(path)?.push({ client, calledMs, answeredMs, action: { kind: 'read', saw } });
  ledger.answers.push({ client, calledMs, answeredMs, zxid: reply.zxid, kind: 'syncedRead', path, version: stat.version });
  return stat;
}

type Result<T> = { readonly value: T } | { readonly refused: string } | { readonly unknown: true };

/** null: it certainly had no effect, since it was never sent. */
async function answered<T>(call: Promise<T>): Promise<Result<T> | null> {
  try {
    return { value: await call };
  } catch (error) {
    if (!(error instanceof ZooError)) throw error;
    if (error.code === 'BadVersion') return { refused: error.code };
    if (error.kind === 'weather') return error.retrySafe ? null : { unknown: true };
    // A client that has ended sends nothing.
    if (error.kind === 'usage' && error.code === 'Closed') return null;
    throw error;
  }
}

/** Starts clients: one that stays with each server, and some that go where there is an answer. */
export async function startLoad(servers: ServersHandle): Promise<Load> {
  const setup = openClient(servers.connectString);
  for (const path of [...REGISTERS, NUMBERED, EPHEMERALS]) await setup.create(path, bytes(''));
  await setup.close();
  const ledger = new Ledger();
  const players = [
    ...servers.servers.map(({ id, connectString }) => player(`patient${id}`, connectString, PATIENT_MS, id)),
    ...Array.from({ length: ROAMING }, (_, index) => player(`quick${index}`, servers.connectString, QUICK_MS, 100 + index)),
  ];
  function player(name: string, connectString: string, sessionTimeoutMs: number, seed: number): Player {
    const connect = (): ZooKeeper => openClient(connectString, { sessionTimeoutMs, connectTimeoutMs: 1_000 });
    return new Player(name, connect, seededRandom(SEED * 1000 + seed), ledger);
  }
  const asked: Promise<Stat | null>[] = [];
  return {
    get answered() {
      return ledger.answers.length;
    },
    get written() {
      return ledger.written;
    },
    async goesOn() {
      const target = ledger.written + 20;
      await until('writes are acknowledged', () => ledger.written >= target, 60_000);
    },
    ask(clients) {
      for (const [index, zk] of clients.entries()) {
        for (const path of REGISTERS) asked.push(readBehindSync(zk, path, `asked${asked.length}.${index}`, ledger));
      }
    },
    async judge() {
      const stats = await Promise.all(asked);
      const line = await judge(servers, players, ledger);
      return `${line}; ${stats.filter((stat) => stat !== null).length} of ${stats.length} reads were answered by who had been silent`;
    },
  };
}

async function judge(servers: ServersHandle, players: readonly Player[], ledger: Ledger): Promise<string> {
  for (const player of players) player.stop();
  await Promise.all(players.map(({ done }) => done));
  for (const [index, { sessions }] of players.entries()) {
    // Patient sessions would take a minute to expire.
    for (const { zk } of sessions) await (index % 2 === 0 || index < servers.servers.length ? zk.close() : zk.abandon());
  }
  const reader = openClient(servers.connectString);
  await until('all ephemerals are gone', async () => {
    await reader.sync('/');
    const { children } = await reader.getChildren(EPHEMERALS);
    ledger.listings.push({ calledMs: now(), answeredMs: now(), names: new Set(children) });
    return children.length === 0;
  }, 90_000);
  for (const path of REGISTERS) await lastRead(reader, path, ledger);
  for (const [path, operations] of ledger.operations) expect(explainHistory({ version: 0, value: '' }, operations), path).toBeNull();
  expect(complainOfOrder(ledger.answers)).toEqual([]);
  expect(complainOfPresence(ledger.ephemerals, inOrder(ledger.listings))).toEqual([]);
  await judgeNumbered(reader, ledger);
  await reader.close();
  await expectEqualTrees(servers);
  const operations = [...ledger.operations.values()].reduce((sum, { length }) => sum + length, 0);
  return `${ledger.answers.length} answers and ${operations} operations in order (${ledger.written} writes, ${ledger.unknown} of unknown outcome), ` +
    `${ledger.wishes.length} numbered nodes, ${ledger.listings.length} listings of ${ledger.ephemerals.length} ephemerals`;
}

async function lastRead(reader: ZooKeeper, path: string, ledger: Ledger): Promise<void> {
  const calledMs = now();
  await reader.sync(path);
  const { data, stat } = await reader.getData(path);
  const saw = { version: stat.version, value: text(data) ?? '' };
  ledger.operations.get(path)?.push({ client: 'at the end', calledMs, answeredMs: now(), action: { kind: 'read', saw } });
}

/** Those that do not overlap: of others nobody knows which was first. */
function inOrder(listings: readonly Listing[]): Listing[] {
  const kept: Listing[] = [];
  for (const one of [...listings].sort((a, b) => a.calledMs - b.calledMs)) {
    const last = kept.at(-1);
    if (last === undefined || last.answeredMs < one.calledMs) kept.push(one);
  }
  return kept;
}

/** Each was made once and is where it was said to be, or its outcome was unknown and it was made at most once. */
async function judgeNumbered(reader: ZooKeeper, { wishes }: Ledger): Promise<void> {
  const { children } = await reader.getChildren(NUMBERED);
  const made = new Map<string, string>();
  for (const child of children) {
    const path = `${NUMBERED}/${child}`;
    const id = text((await reader.getData(path)).data) ?? '';
    expect(made.get(id), `${id} was made twice`).toBeUndefined();
    made.set(id, path);
  }
  for (const { id, path } of wishes) if (path !== null) expect(made.get(id), `${id} was acknowledged`).toBe(path);
  const asked = new Set(wishes.map(({ id }) => id));
  expect([...made.keys()].filter((id) => !asked.has(id)), 'nobody asked for them').toEqual([]);
}

/** The running server that leads and is none of these. */
export async function anotherLeads(servers: ServersHandle, not: readonly ServerHandle[]): Promise<ServerHandle> {
  let found: ServerHandle | undefined;
  await until('another server leads', async () => {
    const others = servers.servers.filter((server) => server.running && !not.includes(server));
    const modes = await Promise.all(others.map((server) => server.mode()));
    found = others[modes.indexOf('leader')];
    return found !== undefined;
  }, 60_000);
  return found as ServerHandle;
}

/** One leads, and all others are in step with it. */
export async function allInStep(servers: ServersHandle): Promise<void> {
  await until('one leads and all others follow', async () => {
    const modes = await Promise.all(servers.servers.map((server) => server.mode()));
    const leader = servers.servers[modes.indexOf('leader')];
    if (leader === undefined || modes.filter((mode) => mode === 'follower').length !== modes.length - 1) return false;
    return (await figure(leader, 'zk_synced_followers')) === modes.length - 1;
  }, 60_000);
}
