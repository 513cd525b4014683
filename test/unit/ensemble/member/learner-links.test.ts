/** Who connects to the leader port. */

import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import type { SocketHandler } from '../../../../src/ensemble/listener.ts';
import { LearnerLinks, SILENT_MAX } from '../../../../src/ensemble/member/learner-links.ts';
import { SyncTally } from '../../../../src/ensemble/member/sync-tally.ts';
import { learnerBytes } from '../../../../src/ensemble/member/words.ts';
import { ServerStats } from '../../../../src/ensemble/processors/stats.ts';
import type { LinkId } from '../../../../src/ensemble/replication/messages.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import { settle, TestClient, TestClock } from '../server/harness.ts';

const SILENCE_MS = 1_000;
const HELLO = { kind: 'info', sid: 2n, observer: false, acceptedEpoch: 0, configVersion: 0n } as const;

class Port {
  readonly clock = new TestClock();
  readonly heard: LinkId[] = [];
  readonly closed: LinkId[] = [];
  readonly links: LearnerLinks;

  constructor() {
    const database = new Database({ extendedTypes: true, digestEnabled: true, hashSeed: 1 });
    const tally = new SyncTally(new ServerStats());
    this.links = new LearnerLinks({ clock: this.clock, logger: silentLogger, bufferMax: 1000, silenceMs: SILENCE_MS, tally, database: () => database }, {
      onMessage: (link) => void this.heard.push(link),
      onClosed: (link) => void this.closed.push(link),
    });
  }

  call(): TestClient & { handler: SocketHandler } {
    const socket = new TestClient('1.1.1.1');
    return Object.assign(socket, { handler: this.links.accept(socket) });
  }
}

const speak = (socket: TestClient): void => socket.send(learnerBytes(HELLO));

describe('who connects and says nothing', () => {
  test('is sent away after initLimit ticks, and who speaks in time is not', async () => {
    const port = new Port();
    const [silent, halfway, learner] = [port.call(), port.call(), port.call()];
    halfway.send(learnerBytes(HELLO).slice(0, 9));
    await port.clock.advance(SILENCE_MS - 1);
    port.links.tick();
    expect([silent.closed, halfway.closed]).toEqual([false, false]);
    speak(learner);
    await port.clock.advance(1);
    port.links.tick();
    expect([silent.closed, halfway.closed, learner.closed]).toEqual([true, true, false]);
    expect(port.links.learners).toBe(1);
    await port.clock.advance(10 * SILENCE_MS);
    port.links.tick();
    expect(learner.closed).toBe(false);
  });

  test('keeps nobody out, however many do it', () => {
    const port = new Port();
    const learner = port.call();
    speak(learner);
    const callers = Array.from({ length: 3 * SILENT_MAX }, () => port.call());
    expect(callers.filter(({ closed }) => !closed)).toEqual(callers.slice(-SILENT_MAX));
    const late = port.call();
    speak(late);
    expect([learner.closed, late.closed, port.heard.length, port.links.learners]).toEqual([false, false, 2, 2]);
  });

  test('is no learner that somebody would wait for', async () => {
    const port = new Port();
    const [silent, learner] = [port.call(), port.call()];
    speak(learner);
    learner.destroy();
    await settle();
    expect([port.closed.length, port.links.learners]).toEqual([1, 0]);
    port.links.closeAll();
    expect(silent.closed).toBe(true);
  });
});
