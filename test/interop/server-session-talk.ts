/**
 * Conversations by chance about what outlives a request: sessions that come back or end, watches that are registered
 * again, identities that grow, quotas, containers, TTL nodes and sequence numbers; the same for both servers.
 */

import { jute } from '../support/raw-client.ts';
import { Dice, type Asked } from './server-dice.ts';
import { ask, open, type Conversation, type Room, type Talker } from './server-conversation.ts';

const PATHS = ['/a', '/b', '/a/x', '/a/y', '/a/x/1', '/b/z', '/c/q', '/own', '/none/such'];
const QUOTA_HOMES = ['/a', '/b', '/c/q'];
const LIMITS = ['count=3,bytes=40', 'count=-1,bytes=-1=;byteHardLimit=24;countHardLimit=3', 'count=5,bytes=-1=;countHardLimit=2', 'count=-1,bytes=20'];
const OWNERS = [
  jute.vector([jute.acl(31, 'auth', '')]),
  jute.vector([jute.acl(31, 'digest', 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=')]),
  jute.vector([jute.acl(1, 'world', 'anyone'), jute.acl(30, 'auth', '')]),
  jute.vector([jute.acl(12, 'world', 'anyone')]),
];
const LOGINS = [['digest', 'bob:bobsecret'], ['digest', 'alice:a'], ['ip', 'x']] as const;
const PING = 11;
/** The talker that watches for good; the others watch once. */
const LASTING = 2;

/** One way of watching for good for each path: up to 3.8 one way takes the place of the other. */
const lastingMode = (path: string): number => path.length % 2;

class Sitting {
  readonly #room: Room;
  readonly #dice: Dice;
  readonly #talkers: Talker[] = [];

  constructor(room: Room, seed: number) {
    this.#room = room;
    this.#dice = new Dice(seed);
  }

  async begin(): Promise<void> {
    for (const name of ['a', 'b', 'c']) this.#talkers.push(await this.#room.join(name));
    for (const path of ['/a', '/b', '/c']) await this.#talker(0).do(1, ask.create(path, 'x'));
  }

  /** One thing happens, and everybody says what they heard of it. */
  async turn(): Promise<void> {
    const dice = this.#dice;
    const who = dice.below(this.#talkers.length);
    switch (dice.below(24)) {
      case 0:
        await this.#comeBack(who, dice.below(3) === 0);
        break;
      case 1:
        await this.#talker(who).do(-11);
        await this.#talker(who).closed();
        this.#talkers[who] = await this.#room.join(this.#talker(who).name);
        break;
      case 2:
        await this.#talker(who).do(100, this.#login(), -4);
        break;
      case 3:
        await this.#quota(this.#talker(who));
        break;
      case 4:
        await this.#together(this.#talker(who));
        break;
      case 5:
        if (dice.below(4) === 0) await this.#failLogin(who);
        break;
      default:
        await this.#talker(who).do(...this.#request(who));
    }
    for (const talker of this.#talkers) await talker.do(PING);
  }

  #login(): Uint8Array {
    const [scheme, credential] = this.#dice.pick(LOGINS);
    return ask.auth(scheme, credential);
  }

  #talker(who: number): Talker {
    return this.#talkers[who] as Talker;
  }

  /** The connection is lost, or taken over; its session goes on, and registers its watches again. */
  async #comeBack(who: number, takeOver: boolean): Promise<void> {
    const before = this.#talker(who);
    if (!takeOver) {
      // Apache's server forgets whom a session belongs to when it sees the old connection's end after the new one's begin.
      before.raw.socket.end();
      await before.raw.closed;
    }
    const { sessionId, password, lastZxid: lastZxidSeen } = before;
    const after = await this.#room.join(before.name, { sessionId, password, lastZxidSeen });
    if (takeOver) await before.closed();
    before.raw.destroy();
    this.#talkers[who] = after;
    after.lastZxid = lastZxidSeen;
    const dice = this.#dice;
    const some = (): string[] => PATHS.filter(() => dice.below(3) === 0);
    const [data, child] = [some(), some()];
    // A client never waits for a path's change and for its creation.
    const exist = PATHS.filter((path) => !data.includes(path) && dice.below(4) === 0);
    const zxid = lastZxidSeen - BigInt(dice.below(6));
    if (who !== LASTING) {
      await after.do(101, ask.setWatches(zxid, data, exist, child));
    } else {
      const lasting = some();
      const [persistent, recursive] = [0, 1].map((mode) => lasting.filter((path) => lastingMode(path) === mode));
      await after.do(105, ask.setWatches(zxid, [], [], [], persistent ?? [], recursive ?? []));
    }
  }

  async #failLogin(who: number): Promise<void> {
    const before = this.#talker(who);
    await before.do(100, ask.auth('nosuch', 'x'), -4);
    await before.closed();
    await this.#comeBack(who, false);
  }

  /** As zkCli sets a quota up, changes it and takes it away. */
  async #quota(talker: Talker): Promise<void> {
    const dice = this.#dice;
    const home = dice.pick(QUOTA_HOMES);
    const node = `/zookeeper/quota${home}`;
    switch (dice.below(4)) {
      case 0:
      case 1: {
        if (home === '/c/q') await talker.do(1, ask.create('/zookeeper/quota/c', ''));
        await talker.do(1, ask.create(node, ''));
        await talker.do(1, ask.create(`${node}/zookeeper_limits`, dice.pick(LIMITS)));
        await talker.do(1, ask.create(`${node}/zookeeper_stats`, 'count=0,bytes=0'));
        break;
      }
      case 2:
        await talker.do(5, ask.setData(`${node}/zookeeper_limits`, dice.pick(LIMITS)));
        break;
      default:
        await talker.do(2, ask.delete(`${node}/zookeeper_limits`));
        await talker.do(2, ask.delete(`${node}/zookeeper_stats`));
        await talker.do(2, ask.delete(node));
    }
    await talker.do(4, ask.read(`${node}/zookeeper_limits`));
    await talker.do(4, ask.read(`${node}/zookeeper_stats`));
  }

  /** Several requests before the first answer is read. */
  async #together(talker: Talker): Promise<void> {
    const asked = Array.from({ length: 2 + this.#dice.below(5) }, () => this.#write());
    const sent = asked.map(([type, body]) => [talker.send(type, body), type] as const);
    for (const [xid, type] of sent) while ((await talker.hear(type)) !== xid);
  }

  #path(): string {
    return this.#dice.pick(PATHS);
  }

  #acl(): Uint8Array {
    return this.#dice.below(4) === 0 ? this.#dice.pick(OWNERS) : open;
  }

  #request(who: number): Asked {
    const dice = this.#dice;
    const path = this.#path();
    switch (dice.below(16)) {
      case 0:
      case 1:
        return [14, ask.multi(...Array.from({ length: 1 + dice.below(4) }, () => this.#part()))];
      case 2:
        return [7, ask.setAcl(path, this.#acl(), dice.version())];
      case 3:
      case 4:
        return who === LASTING ? [106, ask.pathInt(path, lastingMode(path))] : [dice.pick([3, 4, 8, 12]), ask.read(path, true)];
      case 5:
        return [dice.pick([3, 4, 8, 12]), ask.read(path)];
      case 6:
        return [18, ask.pathInt(path, who === LASTING ? 3 : dice.pick([1, 2, 3]))];
      case 7:
        return [dice.pick([6, 9, 103, 104]), ask.path(path)];
      case 8:
        return [22, ask.multi([4, ask.read(path)], [8, ask.read(this.#path())], [4, ask.read('/none')])];
      case 9:
        return [107, Buffer.alloc(0)];
      case 10:
        return [4, ask.read('/zookeeper/config', dice.below(2) === 0)];
      default:
        return this.#write();
    }
  }

  #write(): Asked {
    const part = this.#part();
    return part[0] === 13 ? [5, ask.setData(this.#path(), 'instead', this.#dice.version())] : part;
  }

  /** What may also be a part of a multi. */
  #part(): Asked {
    const dice = this.#dice;
    const path = this.#path();
    switch (dice.below(12)) {
      case 0:
      case 1:
        return [dice.pick([1, 15]), ask.create(path, dice.data(), dice.pick([0, 0, 1]), this.#acl())];
      case 2:
        return [dice.pick([1, 15]), ask.create(`${path}/s-`, dice.data(), dice.pick([2, 3]), this.#acl())];
      case 3:
        return [dice.pick([1, 15]), ask.create(`${path}/e${dice.below(4)}`, dice.data(), 1, this.#acl())];
      case 4:
        return [19, ask.create(`${path}/k${dice.below(2)}`, dice.data(), 4, this.#acl())];
      case 5:
        return [21, ask.createTtl(`${path}/t`, dice.pick([100_000n, 0n, 900_000n]), dice.pick([5, 6, 6, 0]))];
      case 6:
      case 7:
        return [2, ask.delete(dice.pick([path, path, `${path}/e${dice.below(4)}`, `${path}/k${dice.below(2)}`]), dice.version())];
      case 8:
        return [13, ask.pathInt(path, dice.version())];
      default:
        return [5, ask.setData(path, dice.data(), dice.version())];
    }
  }
}

export function sessionConversation(seed: number, turns: number): Conversation {
  return {
    name: `sessions by chance, seed ${seed}`,
    async hold(room: Room) {
      const sitting = new Sitting(room, seed);
      await sitting.begin();
      for (let i = 0; i < turns; i++) await sitting.turn();
    },
  };
}
