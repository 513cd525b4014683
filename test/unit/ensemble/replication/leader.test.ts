/** What a leader says and does, as conversations (facts 5.5 to 5.7). Server 1 leads; 2 and 3 follow, 4 observes. */

import { describe, expect, test } from 'vitest';
import { LeaderTalk, txns } from './talk.ts';

/** A leader that serves epoch 1 with server 2, nothing written yet. */
function serving(): LeaderTalk {
  const talk = new LeaderTalk();
  talk.info(2).done().ackEpoch(2, 0, '0:0').ack(2, '1:0').done();
  talk.take();
  return talk;
}

/** It leads epoch 3 after these transactions, with server 2 beside it. */
function successor(...places: string[]): LeaderTalk {
  const talk = new LeaderTalk({ committed: txns(...places), acceptedEpoch: 2, currentEpoch: 2 });
  talk.info(2, 2).done().ackEpoch(2, 2, places.at(-1) as string).ack(2, '3:0').done();
  talk.take();
  return talk;
}

describe('an epoch begins', () => {
  test('fresh servers: a promise is durable before it is asked of others, a quorum has the history before anybody serves', () => {
    expect(new LeaderTalk().info(2).done().ackEpoch(2, 0, '0:0').ack(2, '1:0').done().take()).toEqual([
      '< 2 FOLLOWERINFO accepted 0',
      'disk: write acceptedEpoch 1',
      'disk: done',
      '> 2 LEADERINFO epoch 1',
      '< 2 ACKEPOCH epoch 0 at 0:0',
      'disk: all of it, then currentEpoch 1',
      '> 2 DIFF 0:0',
      '> 2 NEWLEADER epoch 1',
      '< 2 ACK 1:0',
      'disk: done',
      '> 2 UPTODATE',
      'SERVE epoch 1',
    ]);
  });

  test('the leader’s own history on disk is the last that is missing, or the learner’s is', () => {
    expect(new LeaderTalk().info(2).done().ackEpoch(2, 0, '0:0').done().ack(2, '1:0').take()).toEqual([
      '< 2 FOLLOWERINFO accepted 0',
      'disk: write acceptedEpoch 1',
      'disk: done',
      '> 2 LEADERINFO epoch 1',
      '< 2 ACKEPOCH epoch 0 at 0:0',
      'disk: all of it, then currentEpoch 1',
      '> 2 DIFF 0:0',
      '> 2 NEWLEADER epoch 1',
      'disk: done',
      '< 2 ACK 1:0',
      '> 2 UPTODATE',
      'SERVE epoch 1',
    ]);
  });

  test('the epoch is above everything that anybody of the quorum has promised', () => {
    expect(new LeaderTalk({ acceptedEpoch: 3, currentEpoch: 2, lastZxid: '2:9' }).info(2, 7).done().take()).toEqual([
      '< 2 FOLLOWERINFO accepted 7',
      'disk: write acceptedEpoch 8',
      'disk: done',
      '> 2 LEADERINFO epoch 8',
    ]);
  });

  test('a voter that has promised a later one is not left outside: its leader promises that as well, and goes', () => {
    const talk = serving();
    expect(talk.info(3, 4).done().take()).toEqual([
      '< 3 FOLLOWERINFO accepted 4',
      'disk: write acceptedEpoch 4',
      'disk: done',
      'END a voter has promised epoch 4, and cannot follow epoch 1',
    ]);
  });

  test('an observer that has promised a later one ends nothing', () => {
    expect(serving().info(4, 4, true).take()).toEqual(['< 4 OBSERVERINFO accepted 4', '> 4 LEADERINFO epoch 1']);
  });

  test('an observer and a repeated promise count for nothing', () => {
    expect(new LeaderTalk().info(4, 0, true).info(2).done().ackEpoch(4, 0, '0:0').ackEpoch(2, -1, '0:0').take()).toEqual([
      '< 4 OBSERVERINFO accepted 0',
      '< 2 FOLLOWERINFO accepted 0',
      'disk: write acceptedEpoch 1',
      'disk: done',
      '> 4 LEADERINFO epoch 1',
      '> 2 LEADERINFO epoch 1',
      '< 4 ACKEPOCH epoch 0 at 0:0',
      '< 2 ACKEPOCH epoch -1 at 0:0',
    ]);
  });

  test('a server that has more is not led', () => {
    expect(new LeaderTalk({ lastZxid: '1:5', currentEpoch: 1, acceptedEpoch: 1 }).info(2, 1).done().ackEpoch(2, 1, '1:6').take()).toEqual([
      '< 2 FOLLOWERINFO accepted 1',
      'disk: write acceptedEpoch 2',
      'disk: done',
      '> 2 LEADERINFO epoch 2',
      '< 2 ACKEPOCH epoch 1 at 1:6',
      '> 2 is let go',
    ]);
    expect(new LeaderTalk({ lastZxid: '1:5', currentEpoch: 1, acceptedEpoch: 1 }).info(2, 1).done().ackEpoch(2, 2, '1:2').take()).toEqual([
      '< 2 FOLLOWERINFO accepted 1',
      'disk: write acceptedEpoch 2',
      'disk: done',
      '> 2 LEADERINFO epoch 2',
      '< 2 ACKEPOCH epoch 2 at 1:2',
      '> 2 is let go',
    ]);
  });

  test('without a quorum it gives up after initLimit', () => {
    expect(new LeaderTalk().info(4, 0, true).ticks(21).take()).toEqual([
      '< 4 OBSERVERINFO accepted 0',
      'END no quorum came within 10 ticks',
    ]);
  });

  test('a later configuration than its own is refused', () => {
    expect(new LeaderTalk().hear(2, { kind: 'info', sid: 2n, observer: false, acceptedEpoch: 0, configVersion: 1n }).take()).toEqual([
      '< 2 FOLLOWERINFO accepted 0',
      '> 2 is let go',
    ]);
  });
});

describe('a learner is brought up to date', () => {
  const join = (talk: LeaderTalk, end: string): string[] => talk.info(3, 2).ackEpoch(3, 2, end).take().slice(2);

  test('DIFF: it has everything', () => {
    expect(join(successor('2:1', '2:2'), '2:2')).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:2',
      '> 3 DIFF 2:2',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('DIFF: it lacks the end', () => {
    expect(join(successor('2:1', '2:2', '2:3'), '2:1')).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:1',
      '> 3 DIFF 2:3',
      '> 3 PROPOSAL 2:2',
      '> 3 COMMIT 2:2',
      '> 3 PROPOSAL 2:3',
      '> 3 COMMIT 2:3',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('SNAP: it says a zxid that nobody has, whether the leader’s log reaches back so far or not', () => {
    const asked = [
      '< 3 FOLLOWERINFO accepted 3', '> 3 LEADERINFO epoch 3', '< 3 ACKEPOCH epoch -1 at 0:4294967295',
    ];
    const talk = successor('2:1', '2:2').info(3, 3).ackEpoch(3, -1, '0:4294967295');
    expect(talk.done(txns('0:7', '1:1', '2:1')).take()).toEqual([
      ...asked, 'disk: read the log from 0:4294967295 for 3', 'disk: done', '> 3 SNAP 3:0', '> 3 NEWLEADER epoch 3',
    ]);
    expect(successor('0:7', '2:1').info(3, 3).ackEpoch(3, -1, '0:4294967295').take()).toEqual([...asked, '> 3 SNAP 3:0', '> 3 NEWLEADER epoch 3']);
  });

  test('TRUNC: it has more than was ever committed', () => {
    const talk = new LeaderTalk({ committed: txns('2:1', '2:2'), acceptedEpoch: 2, currentEpoch: 2 });
    talk.info(2, 2).info(3, 2).done().take();
    expect(talk.ackEpoch(2, 2, '2:2').ackEpoch(3, 1, '2:4').take()).toEqual([
      '< 2 ACKEPOCH epoch 2 at 2:2',
      'disk: all of it, then currentEpoch 3',
      '> 2 DIFF 2:2',
      '> 2 NEWLEADER epoch 3',
      '< 3 ACKEPOCH epoch 1 at 2:4',
      '> 3 TRUNC 2:2',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('TRUNC then DIFF: its end was never committed, and others came after', () => {
    expect(join(successor('2:1', '2:2', '2:5'), '2:4')).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:4',
      '> 3 TRUNC 2:2',
      '> 3 PROPOSAL 2:5',
      '> 3 COMMIT 2:5',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('TRUNC, then what is under way', () => {
    const talk = successor('2:1', '2:2').propose('3:1');
    talk.take();
    expect(join(talk, '2:3')).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:3',
      '> 3 TRUNC 2:2',
      '> 3 PROPOSAL 3:1',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('SNAP instead of a TRUNC across an epoch', () => {
    const talk = successor('1:1', '1:2').propose('3:1').durable('3:1').ack(2, '3:1');
    talk.take();
    expect(join(talk, '2:1')).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:1',
      '> 3 SNAP 3:1',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('late: what is committed as history, what is under way as proposals', () => {
    const talk = successor('2:1').propose('3:1').propose('3:2').durable('3:2').ack(2, '3:1');
    talk.take();
    expect(join(talk, '2:1')).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:1',
      '> 3 DIFF 3:1',
      '> 3 PROPOSAL 3:1',
      '> 3 COMMIT 3:1',
      '> 3 PROPOSAL 3:2',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('SNAP: the log on disk does not reach back', () => {
    expect(successor('2:8', '2:9').info(3, 2).ackEpoch(3, 2, '2:1').done().take().slice(2)).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:1',
      'disk: read the log from 2:1 for 3',
      'disk: done',
      '> 3 SNAP 3:0',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('DIFF from the disk: memory does not reach back', () => {
    expect(successor('2:3', '2:4').info(3, 2).ackEpoch(3, 2, '2:1').done(txns('2:1', '2:2', '2:3', '2:4')).take().slice(2)).toEqual([
      '< 3 ACKEPOCH epoch 2 at 2:1',
      'disk: read the log from 2:1 for 3',
      'disk: done',
      '> 3 DIFF 2:4',
      '> 3 PROPOSAL 2:2',
      '> 3 COMMIT 2:2',
      '> 3 PROPOSAL 2:3',
      '> 3 COMMIT 2:3',
      '> 3 PROPOSAL 2:4',
      '> 3 COMMIT 2:4',
      '> 3 NEWLEADER epoch 3',
    ]);
  });

  test('an observer gets the history, and nothing that is not committed', () => {
    const talk = successor('2:1').propose('3:1').durable('3:1').ack(2, '3:1').propose('3:2');
    talk.take();
    expect(talk.info(4, 0, true).ackEpoch(4, 0, '2:1').ack(4, '3:0').durable('3:2').ack(2, '3:2').take()).toEqual([
      '< 4 OBSERVERINFO accepted 0',
      '> 4 LEADERINFO epoch 3',
      '< 4 ACKEPOCH epoch 0 at 2:1',
      '> 4 DIFF 3:1',
      '> 4 PROPOSAL 3:1',
      '> 4 COMMIT 3:1',
      '> 4 NEWLEADER epoch 3',
      '< 4 ACK 3:0',
      '> 4 UPTODATE',
      'disk: has 3:2',
      '< 2 ACK 3:2',
      '> 2 COMMIT 3:2',
      '> 4 INFORM 3:2',
      'apply 3:2',
    ]);
  });

  test('an observer must come again while too many learners are brought up to date in its way; one that votes never must', () => {
    const talk = new LeaderTalk({ acceptedEpoch: 2, currentEpoch: 2, committed: txns('2:1'), syncsMax: { snap: 1, diff: 1 } });
    talk.info(2, 2).done().ackEpoch(2, 2, '2:1').ack(2, '3:0').done();
    talk.info(4, 0, true).ackEpoch(4, 0, '2:1');
    talk.take();
    expect(talk.info(5, 0, true).ackEpoch(5, 0, '2:1').take()).toEqual([
      '< 5 OBSERVERINFO accepted 0', '> 5 LEADERINFO epoch 3', '< 5 ACKEPOCH epoch 0 at 2:1', '> 5 is let go',
    ]);
    // A snapshot is another way.
    expect(talk.info(6, 0, true).ackEpoch(6, 1, '1:9').done().take()).toContain('> 6 SNAP 3:0');
    expect(talk.info(3, 2).ackEpoch(3, 2, '2:1').take()).toContain('> 3 NEWLEADER epoch 3');
    talk.ack(4, '3:0').ack(3, '3:0');
    expect(talk.info(5, 0, true).ackEpoch(5, 0, '2:1').take()).toContain('> 5 NEWLEADER epoch 3');
  });

  test('one that comes again is a new one, and its former connection is let go', () => {
    expect(serving().hear(22, { kind: 'info', sid: 2n, observer: false, acceptedEpoch: 1, configVersion: 0n }).take()).toEqual([
      '< 22 FOLLOWERINFO accepted 1',
      '> 22 LEADERINFO epoch 1',
      '> 2 is let go',
    ]);
  });
});

describe('transactions', () => {
  test('are proposed at once, and committed when this server and a quorum have them on disk', () => {
    expect(serving().propose('1:1').ack(2, '1:1').durable('1:1').take()).toEqual([
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      '< 2 ACK 1:1',
      'disk: has 1:1',
      '> 2 COMMIT 1:1',
      'apply 1:1',
    ]);
  });

  test('are committed in order, however the acknowledgements come', () => {
    expect(serving().propose('1:1').propose('1:2').durable('1:2').ack(2, '1:2').take()).toEqual([
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      'ask: 1:2',
      'disk: log 1:2',
      '> 2 PROPOSAL 1:2',
      'disk: has 1:2',
      '< 2 ACK 1:2',
      '> 2 COMMIT 1:1',
      '> 2 COMMIT 1:2',
      'apply 1:1',
      'apply 1:2',
    ]);
  });

  test('an observer’s acknowledgement does not count', () => {
    const talk = serving();
    talk.info(4, 0, true).ackEpoch(4, 0, '0:0').done().ack(4, '1:0').take();
    expect(talk.propose('1:1').durable('1:1').ack(4, '1:1').take()).toEqual([
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      'disk: has 1:1',
      '< 4 ACK 1:1',
    ]);
  });

  test('a learner that went away does not count, until it has caught up again', () => {
    expect(serving().propose('1:1').ack(2, '1:1').gone(2).durable('1:1').take()).toEqual([
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      '< 2 ACK 1:1',
      '< 2 is gone',
      'disk: has 1:1',
    ]);
  });

  test('a sync waits for what was proposed before it, and for nothing after it', () => {
    expect(serving().sync().propose('1:1').sync().propose('1:2').durable('1:2').ack(2, '1:2').take()).toEqual([
      'ask: sync',
      'answer sync',
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      'ask: sync',
      'ask: 1:2',
      'disk: log 1:2',
      '> 2 PROPOSAL 1:2',
      'disk: has 1:2',
      '< 2 ACK 1:2',
      '> 2 COMMIT 1:1',
      '> 2 COMMIT 1:2',
      'apply 1:1',
      'answer sync',
      'apply 1:2',
    ]);
  });

  test('a learner’s sync is answered between the commits that it stood between', () => {
    const request = { sessionId: 7n, cxid: 5, type: 9, body: new Uint8Array(0), identities: [] };
    expect(serving().propose('1:1').hear(2, { kind: 'request', request }).propose('1:2').durable('1:2').ack(2, '1:2').take()).toEqual([
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      '< 2 REQUEST type 9 of session 7',
      'ask: 1:2',
      'disk: log 1:2',
      '> 2 PROPOSAL 1:2',
      'disk: has 1:2',
      '< 2 ACK 1:2',
      '> 2 COMMIT 1:1',
      '> 2 SYNC',
      '> 2 COMMIT 1:2',
      'apply 1:1',
      'apply 1:2',
    ]);
  });
});

describe('a leader that was paused for syncLimit may not be the last one any more', () => {
  test('a sync is not answered, whatever its learner had said before it left', () => {
    const talk = serving().ticks(2);
    talk.take();
    expect(talk.paused(6).sync().pong(2).pong(2).gone(2).sync().ticks(2).take()).toEqual([
      '6 ticks pass unnoticed',
      'ask: sync',
      '< 2 PING 0:0 sessions ',
      'touched',
      '< 2 PING 0:0 sessions ',
      'touched',
      '< 2 is gone',
      'ask: sync',
      'END fewer learners than a quorum are in step',
    ]);
  });

  test('when nobody else was followed, syncs are answered in their order as soon as a quorum answers anew', () => {
    const request = { sessionId: 7n, cxid: 5, type: 9, body: new Uint8Array(0), identities: [] };
    const talk = serving().ticks(1);
    talk.take();
    expect(talk.paused(6).sync().pong(2).hear(2, { kind: 'request', request }).sync().ticks(1).pong(2).take()).toEqual([
      '6 ticks pass unnoticed',
      'ask: sync',
      '< 2 PING 0:0 sessions ',
      'touched',
      '< 2 REQUEST type 9 of session 7',
      'ask: sync',
      '> 2 PING 1:0',
      '< 2 PING 0:0 sessions ',
      '> 2 SYNC',
      'touched',
      'answer sync',
      'answer sync',
    ]);
  });

  test('the quorum of a later proposal is as good an answer, and the sync comes before it', () => {
    const talk = serving().ticks(1);
    talk.take();
    expect(talk.paused(6).sync().propose('1:1').durable('1:1').ack(2, '1:1').take()).toEqual([
      '6 ticks pass unnoticed',
      'ask: sync',
      'ask: 1:1',
      'disk: log 1:1',
      '> 2 PROPOSAL 1:1',
      'disk: has 1:1',
      '< 2 ACK 1:1',
      '> 2 COMMIT 1:1',
      'answer sync',
      'apply 1:1',
    ]);
  });
});

describe('an epoch ends', () => {
  test('when fewer than a quorum are heard for syncLimit', () => {
    const talk = serving();
    talk.ticks(10).take();
    expect(talk.ticks(2).take()).toEqual([
      '> 2 is let go',
      'END fewer learners than a quorum are in step',
    ]);
  });

  test('not while they answer its pings', () => {
    const talk = serving();
    for (let i = 0; i < 40; i++) talk.ticks(1).pong(2);
    expect(talk.machine.serving).toBe(true);
  });

  test('although observers answer', () => {
    const talk = serving().info(4, 0, true).ackEpoch(4, 0, '0:0').done().ack(4, '1:0');
    expect([...talk.machine.synced]).toEqual([1n, 2n]);
    talk.take();
    for (let i = 0; i < 6 && talk.machine.serving; i++) talk.hear(4, { kind: 'ping', zxid: 0n, sessions: [] }).ticks(2);
    expect(talk.take().at(-1)).toBe('END fewer learners than a quorum are in step');
  });

  test('when the counter has reached its end: 0xffffffff is given to nobody', () => {
    expect(serving().propose('1:4294967295').take()).toEqual([
      'ask: 1:4294967295',
      'END the counter of zxids has reached its end: a new epoch is needed',
    ]);
  });
});

describe('a leader that a reconfiguration replaces', () => {
  test.each([
    ['itself: a further one is counted', 1n, [1n, 2n]],
    ['another: nobody counts for a further one, which would never be committed', 2n, []],
  ] as const)('by %s', (_by, designated, counted) => {
    const talk = new LeaderTalk({ designated });
    talk.info(2).done().ackEpoch(2, 0, '0:0').ack(2, '1:0').done();
    expect([...talk.machine.synced]).toEqual([1n, 2n]);
    talk.reconfigure('1:1').durable('1:1').ack(2, '1:1');
    expect([...talk.machine.synced]).toEqual(counted);
  });
});
