/** Conversations by chance: two connections, a handful of paths, every operation, the same for both servers. */

import { jute } from '../support/raw-client.ts';
import { Dice, type Asked } from './server-dice.ts';
import { ask, open, type Conversation, type Room, type Talker } from './server-conversation.ts';

const PATHS = ['/', '/a', '/b', '/a/x', '/a/y', '/a/x/1', '/b/z', '/locked', '/locked/in', '/zookeeper/quota', '/none/such', '/a/', 'bad', ''];
const ACLS = [
  open, open, open, jute.vector([jute.acl(1, 'world', 'anyone')]), jute.vector([jute.acl(31, 'auth', '')]),
  jute.vector([jute.acl(6, 'world', 'anyone'), jute.acl(31, 'ip', '127.0.0.1')]), jute.vector([]),
  jute.vector([jute.acl(31, 'digest', 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U='), jute.acl(4, 'world', 'anyone')]),
];

class PathDice extends Dice {
  path(): string {
    return this.pick(PATHS);
  }

  /** What may also be a part of a multi. */
  write(): Asked {
    switch (this.below(7)) {
      case 0:
      case 1:
        return [1, ask.create(this.path(), this.data(), this.pick([0, 0, 0, 1, 2, 3, 9]), this.pick(ACLS))];
      case 2:
        return [15, ask.create(this.path(), this.data(), this.pick([0, 2]), open)];
      case 3:
        return [2, ask.delete(this.path(), this.version())];
      case 4:
        return [13, ask.pathInt(this.path(), this.version())];
      default:
        return [5, ask.setData(this.path(), this.data(), this.version())];
    }
  }

  /**
   * @param lasting whether this connection's watches last: up to 3.8 one way of watching a path takes the place of
   *   the other, so no connection mixes them
   */
  any(lasting: boolean): Asked {
    const path = this.path();
    switch (this.below(12)) {
      case 0:
        return [14, ask.multi(...Array.from({ length: this.below(4) }, () => this.write()))];
      case 1:
        return [7, ask.setAcl(path, this.pick(ACLS), this.version())];
      case 2:
        return lasting ? [106, ask.pathInt(path, 0)] : [this.pick([3, 4, 8, 12]), ask.read(path, true)];
      case 3:
        return [this.pick([3, 4, 8, 12]), ask.read(path)];
      case 4:
        // Up to 3.8 checkWatches (17) is also true of watches that other connections have.
        return [18, ask.pathInt(path.startsWith('/') ? path : '/', 3)];
      case 5:
        return [this.pick([6, 9, 103]), ask.path(path)];
      case 6:
        // '' has one descendant more than '/': the root's other name.
        return [104, ask.path(path === '' ? '/' : path)];
      case 7:
        return [22, ask.multi([4, ask.read(path)], [8, ask.read(this.path())])];
      default: {
        const write = this.write();
        // A check outside a multi ruins the log of older servers.
        return write[0] === 13 ? [19, ask.create(path, 'c', 4)] : write;
      }
    }
  }
}

async function both(talkers: readonly Talker[]): Promise<void> {
  for (const talker of talkers) await talker.do(11);
}

/** After each request both sides say what they heard of it. */
export function randomConversation(seed: number, requests: number): Conversation {
  return {
    name: `by chance, seed ${seed}`,
    async hold(room: Room) {
      const dice = new PathDice(seed);
      const talkers = [await room.join('a'), await room.join('b')];
      await talkers[1]?.do(100, ask.auth('digest', 'bob:bobsecret'), -4);
      for (let i = 0; i < requests; i++) {
        const who = dice.below(2);
        await talkers[who]?.do(...dice.any(who === 0));
        await both(talkers);
      }
    },
  };
}
