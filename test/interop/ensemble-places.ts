/**
 * Conversations with a whole ensemble: who leads and who follows is the same for every ensemble that is compared, and
 * what is written down names servers by their role.
 */

import { connectRaw, type RawConnectOptions } from '../support/raw-client.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { ask, Talker } from './server-conversation.ts';
import { figure, until } from './ensemble-support.ts';

export type Role = 'leader' | 'first' | 'second' | 'observer';

/** A session's end is noticed within its timeout and two ticks. */
const FIGURE_MS = 3_000;
/** The connection that is left goes on counting as well. */
const XIDS_BETWEEN = 100;
const CREATE = 1;
const CLOSE = -11;
/** Of a zxid: what is below its epoch, which an election more would change. */
const COUNTER = 0xffff_ffffn;
const ID_SHIFT = 56n;

/** The roles of a running ensemble, and what was said there. */
export class Places {
  readonly lines: string[] = [];
  /** Where the history stood when a conversation began. */
  #base = 0n;
  readonly #servers: ReadonlyMap<Role, ServerHandle>;
  readonly #talkers: Talker[] = [];

  constructor(servers: ReadonlyMap<Role, ServerHandle>) {
    this.#servers = servers;
  }

  /** Looks who is what; followers in the order of their ids. */
  static async of(group: ServersHandle): Promise<Places> {
    const leader = await group.leader();
    const roles = new Map<Role, ServerHandle>([['leader', leader]]);
    for (const server of group.servers) {
      await server.waitServing();
      const mode = await server.mode();
      if (mode === 'follower') roles.set(roles.has('first') ? 'second' : 'first', server);
      if (mode === 'observer') roles.set('observer', server);
    }
    // Before the first transaction of an epoch its servers tell different zxids.
    const raw = await connectRaw(leader.host, leader.clientPort);
    await raw.connectSession();
    await raw.request(CREATE, ask.create('/begun', 'x'));
    await raw.request(CLOSE);
    return new Places(roles);
  }

  get roles(): Role[] {
    return [...this.#servers.keys()].sort();
  }

  at(role: Role): ServerHandle {
    const server = this.#servers.get(role);
    if (server === undefined) throw new Error(`no ${role} here`);
    return server;
  }

  note(text: string): void {
    this.lines.push(text);
  }

  /** From here on zxids are written down as counted from where the history stands. */
  async begin(): Promise<void> {
    await this.settle();
    this.lines.length = 0;
    this.#base = (await zxidOf(this.at('leader'))) & COUNTER;
  }

  /** A connection with a session, at a server that has seen everything so far. */
  async join(name: string, role: Role, options: RawConnectOptions = {}): Promise<Talker> {
    const { host, clientPort } = this.at(role);
    const talker = new Talker(`${name}@${role}`, await connectRaw(host, clientPort), this.lines);
    this.#talkers.push(talker);
    await talker.connect(options);
    if (talker.sessionId !== 0n && options.sessionId === undefined) this.note(`${talker.name}: its id is of the ${this.#ownerOf(talker.sessionId)}`);
    return talker;
  }

  /**
   * The same session over another connection. As a client does it goes on counting its requests: servers know an answer
   * by session and number, and would take one connection's for the other's.
   */
  async rejoin(before: Talker, role: Role, options: RawConnectOptions = {}): Promise<Talker> {
    const [name = ''] = before.name.split('@');
    const { sessionId, password } = before;
    const after = await this.join(name, role, { sessionId, password, ...options });
    after.xid = before.xid + XIDS_BETWEEN;
    return after;
  }

  #ownerOf(sessionId: bigint): Role | undefined {
    const id = Number(BigInt.asUintN(8, sessionId >> ID_SHIFT));
    return [...this.#servers].find(([, server]) => server.id === id)?.[0];
  }

  /** Waits until everything that was decided is known everywhere. */
  async settle(): Promise<void> {
    await until('everybody has the same', async () => {
      const zxids = await Promise.all([...this.#servers.values()].map((server) => zxidOf(server)));
      return new Set(zxids).size === 1;
    });
  }

  /** Waits for a figure of `mntr`, and writes it down. */
  async expectFigure(role: Role, name: string, value: number): Promise<void> {
    const seen = async (): Promise<number> => figure(this.at(role), name);
    await until(`${name} is ${value} at the ${role}`, async () => (await seen()) === value, FIGURE_MS).catch(async () => undefined);
    this.note(`${role}: ${name} ${await seen()}`);
  }

  /** Ends what is left, and gives what was said since it began. */
  async leave(): Promise<string[]> {
    const said = this.lines.splice(0);
    const ended = new Set([0n]);
    for (const talker of this.#talkers.splice(0)) {
      // Each once: a second end of a session would be a transaction as well.
      if (!talker.raw.socket.destroyed && !ended.has(talker.sessionId)) {
        await talker.do(CLOSE);
        ended.add(talker.sessionId);
      }
      talker.raw.destroy();
    }
    return said.map((line) => fromBase(line, this.#base));
  }
}

async function zxidOf(server: ServerHandle): Promise<bigint> {
  return BigInt(/^Zxid: (\S+)$/m.exec(await server.fourLetterWord('srvr'))?.[1] ?? -1);
}

/** Zxids as `zxid n` and in stats, counted from a base. */
function fromBase(line: string, base: bigint): string {
  return line.replace(/\b(zxid |[cmp])(\d{9,})\b/g, (_, name: string, zxid: string) => `${name}+${(BigInt(zxid) & COUNTER) - base}`);
}

/** Stops whoever else leads, until this server does. Of servers that have the same, the greatest id wins. */
export async function letLead(group: ServersHandle, id: number): Promise<void> {
  for (;;) {
    const leader = await group.leader();
    if (leader.id === id) break;
    await leader.stop();
    await group.leader();
    await leader.start();
  }
  for (const server of group.servers) await server.waitServing();
}
