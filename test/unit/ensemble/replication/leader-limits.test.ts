/** What a leader does about those who answer and get nowhere, itself among them (LearnerHandler.SyncLimitCheck). */

import { describe, expect, test } from 'vitest';
import { LeaderTalk } from './talk.ts';

const SYNC_LIMIT_HALF_TICKS = 10;

/** It serves epoch 1 with 2 and 3. */
function serving(): LeaderTalk {
  const talk = new LeaderTalk();
  talk.info(2).info(3).done().ackEpoch(2, 0, '0:0').ackEpoch(3, 0, '0:0').ack(2, '1:0').ack(3, '1:0').done();
  talk.take();
  return talk;
}

/** Half ticks, of which these servers answer each ping. */
function answered(talk: LeaderTalk, halfTicks: number, by: readonly number[]): LeaderTalk {
  for (let i = 0; i < halfTicks; i++) {
    talk.ticks(1);
    for (const sid of by) talk.pong(sid);
  }
  return talk;
}

/** Who was let go, each once: whoever speaks on after that is let go again. */
const gone = (talk: LeaderTalk): string[] => [...new Set(talk.take().filter((line) => line.endsWith('is let go') || line.startsWith('END')))];

describe('a follower whose disk has stopped, though it answers pings', () => {
  test('is let go after syncLimit ticks', () => {
    const talk = serving().propose('1:1').durable('1:1').ack(2, '1:1');
    expect(gone(answered(talk, SYNC_LIMIT_HALF_TICKS + 1, [2, 3]))).toEqual([]);
    expect(gone(answered(talk, 1, [2, 3]))).toEqual(['> 3 is let go']);
    expect(talk.machine.serving).toBe(true);
  });

  test('stays when it is slow and gets on', () => {
    const talk = serving();
    for (let i = 1; i <= 8; i++) {
      talk.propose(`1:${i}`).durable(`1:${i}`).ack(2, `1:${i}`);
      if (i > 1) talk.ack(3, `1:${i - 1}`);
      answered(talk, SYNC_LIMIT_HALF_TICKS - 2, [2, 3]);
    }
    expect(gone(talk)).toEqual([]);
  });

  test('is not asked for what came before it was in step, which it need not acknowledge', () => {
    const talk = serving().gone(3).propose('1:1').durable('1:1').ack(2, '1:1');
    talk.info(3, 1).ackEpoch(3, 1, '1:0').done().ack(3, '1:0');
    expect(gone(answered(talk, 4 * SYNC_LIMIT_HALF_TICKS, [2, 3]))).toEqual([]);
  });
});

test('a learner whose answers to pings come later than syncLimit is let go: too much waits on its line', () => {
  const talk = serving().info(4, 0, true).ackEpoch(4, 0, '0:0').done().ack(4, '1:0');
  talk.take();
  answered(talk, 6, [2, 3]);
  // From here on it answers as often as it is asked, but always what it was asked six half ticks ago, and later eleven.
  expect(gone(answered(talk, 4 * SYNC_LIMIT_HALF_TICKS, [2, 3, 4]))).toEqual([]);
  answered(talk, 5, [2, 3]);
  expect(gone(answered(talk, 1, [2, 3, 4]))).toEqual(['> 4 is let go']);
});

describe('the leader’s own disk has stopped', () => {
  test('it makes way when a quorum has what it waits for without it', () => {
    const talk = serving().propose('1:1').ack(2, '1:1').ack(3, '1:1');
    expect(gone(answered(talk, SYNC_LIMIT_HALF_TICKS + 1, [2, 3]))).toEqual([]);
    expect(gone(answered(talk, 1, [2, 3]))).toEqual(['END this server’s disk did not take in for 5 ticks what the others have']);
  });

  test('it stays where the others could not go on without it, or where it gets on', () => {
    const alone = serving().gone(3).propose('1:1').ack(2, '1:1');
    expect(gone(answered(alone, 4 * SYNC_LIMIT_HALF_TICKS, [2]))).toEqual([]);
    const slow = serving();
    for (let i = 1; i <= 8; i++) {
      slow.propose(`1:${i}`).ack(2, `1:${i}`).ack(3, `1:${i}`);
      if (i > 1) slow.durable(`1:${i - 1}`);
      answered(slow, SYNC_LIMIT_HALF_TICKS - 2, [2, 3]);
    }
    expect(gone(slow)).toEqual([]);
  });
});

describe('words that are not awaited yet', () => {
  test('an acknowledgement before an epoch is agreed ends the connection, not the server', () => {
    expect(gone(new LeaderTalk().info(2).gone(2).info(4, 0, true).ack(4, '1:0'))).toEqual(['> 4 is let go']);
    expect(gone(new LeaderTalk().info(2).ack(2, '1:0'))).toEqual(['> 2 is let go']);
  });

  test('one of a transaction counts for nothing before the learner was told where to begin', () => {
    const talk = serving().gone(3).gone(2).propose('1:1').durable('1:1');
    talk.info(3, 1).ack(3, '1:1');
    const lines = talk.take();
    expect(lines.at(-1)).toBe('> 3 is let go');
    expect(lines).not.toContain('apply 1:1');
  });
});
