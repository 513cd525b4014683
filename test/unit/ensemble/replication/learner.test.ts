/** What a learner says and does, as conversations (facts 5.5 to 5.8). It is server 2. */

import { describe, expect, test } from 'vitest';
import { LearnerTalk, say } from './talk.ts';

/** It serves epoch 1 beside a fresh leader. */
function serving(observer = false): LearnerTalk {
  const talk = new LearnerTalk({ observer });
  talk.hear(say.leaderInfo(1)).done().hear(say.diff('0:0'), say.newLeader(1)).done().hear(say.upToDate());
  talk.take();
  return talk;
}

describe('an epoch begins', () => {
  test('fresh servers', () => {
    expect(new LearnerTalk().hear(say.leaderInfo(1)).done().hear(say.diff('0:0'), say.newLeader(1)).done().hear(say.upToDate()).take()).toEqual([
      '> FOLLOWERINFO accepted 0',
      '< LEADERINFO epoch 1',
      'disk: write acceptedEpoch 1',
      'disk: done',
      '> ACKEPOCH epoch 0 at 0:0',
      '< DIFF 0:0',
      '< NEWLEADER epoch 1',
      'disk: all of it, then currentEpoch 1',
      'disk: done',
      '> ACK 1:0',
      '< UPTODATE',
      '> ACK 1:0',
      'SERVE epoch 1',
    ]);
  });

  test('an epoch below the promised one is refused', () => {
    expect(new LearnerTalk({ acceptedEpoch: 4, currentEpoch: 3, lastZxid: '3:1' }).hear(say.leaderInfo(3)).take()).toEqual([
      '> FOLLOWERINFO accepted 4',
      '< LEADERINFO epoch 3',
      'END the leader offers epoch 3, and epoch 4 was promised',
    ]);
  });

  test('an epoch that was promised before is not promised twice', () => {
    expect(new LearnerTalk({ acceptedEpoch: 4, currentEpoch: 3, lastZxid: '3:1' }).hear(say.leaderInfo(4)).take()).toEqual([
      '> FOLLOWERINFO accepted 4',
      '< LEADERINFO epoch 4',
      '> ACKEPOCH epoch -1 at 3:1',
    ]);
  });

  test('a tree is asked for with a zxid that nobody has, but never where the promise counts', () => {
    expect(new LearnerTalk({ acceptedEpoch: 4, currentEpoch: 3, lastZxid: '3:1', wantsTree: true }).hear(say.leaderInfo(4)).take()).toEqual([
      '> FOLLOWERINFO accepted 4',
      '< LEADERINFO epoch 4',
      '> ACKEPOCH epoch -1 at 0:4294967295',
    ]);
    expect(new LearnerTalk({ acceptedEpoch: 4, currentEpoch: 3, lastZxid: '3:1', wantsTree: true }).hear(say.leaderInfo(5)).done().take().at(-1))
      .toBe('> ACKEPOCH epoch 3 at 3:1');
  });

  test('DIFF: history is logged and applied, and acknowledged as a whole', () => {
    const talk = new LearnerTalk({ acceptedEpoch: 2, currentEpoch: 2, lastZxid: '2:1' });
    talk.hear(say.leaderInfo(3)).done().take();
    expect(talk.hear(say.diff('2:2')).history('2:2').hear(say.newLeader(3)).durable('2:2').done().take()).toEqual([
      '< DIFF 2:2',
      '< PROPOSAL 2:2',
      'disk: log 2:2',
      '< COMMIT 2:2',
      '< NEWLEADER epoch 3',
      'disk: all of it, then currentEpoch 3',
      'disk: has 2:2',
      'apply 2:2',
      'disk: done',
      '> ACK 3:0',
    ]);
  });

  test('TRUNC, then DIFF: what comes waits until the log is cut', () => {
    const talk = new LearnerTalk({ acceptedEpoch: 2, currentEpoch: 2, lastZxid: '2:4' });
    talk.hear(say.leaderInfo(3)).done().take();
    expect(talk.hear(say.trunc('2:2')).history('3:1').hear(say.newLeader(3)).done().durable('3:1').done().take()).toEqual([
      '< TRUNC 2:2',
      'disk: cut after 2:2',
      '< PROPOSAL 3:1',
      '< COMMIT 3:1',
      '< NEWLEADER epoch 3',
      'disk: done',
      'disk: log 3:1',
      'disk: all of it, then currentEpoch 3',
      'disk: has 3:1',
      'apply 3:1',
      'disk: done',
      '> ACK 3:0',
      '> ACK 3:1',
    ]);
  });

  test('SNAP: the tree takes the place of everything', () => {
    const talk = new LearnerTalk({ acceptedEpoch: 2, currentEpoch: 2, lastZxid: '2:4' });
    talk.hear(say.leaderInfo(9)).done().take();
    expect(talk.hear(say.snap('8:5'), say.proposal('8:6'), say.commit('8:6'), say.newLeader(9)).done().durable('8:6').done().take()).toEqual([
      '< SNAP 8:5',
      'disk: install the tree of 8:5',
      '< PROPOSAL 8:6',
      '< COMMIT 8:6',
      '< NEWLEADER epoch 9',
      'disk: done',
      'disk: log 8:6',
      'disk: all of it, then currentEpoch 9',
      'disk: has 8:6',
      'apply 8:6',
      'disk: done',
      '> ACK 9:0',
    ]);
  });

  test('proposals that are under way are acknowledged by themselves, behind the history', () => {
    const talk = new LearnerTalk({ acceptedEpoch: 1, currentEpoch: 1, lastZxid: '1:1' });
    talk.hear(say.leaderInfo(2)).done().take();
    expect(talk.hear(say.diff('1:1'), say.proposal('2:1'), say.newLeader(2)).durable('2:1').done().hear(say.upToDate(), say.commit('2:1')).take()).toEqual([
      '< DIFF 1:1',
      '< PROPOSAL 2:1',
      'disk: log 2:1',
      '< NEWLEADER epoch 2',
      'disk: all of it, then currentEpoch 2',
      'disk: has 2:1',
      'disk: done',
      '> ACK 2:0',
      '> ACK 2:1',
      '< UPTODATE',
      '> ACK 2:0',
      'SERVE epoch 2',
      '< COMMIT 2:1',
      'apply 2:1',
    ]);
  });

  test('what is between NEWLEADER and UPTODATE is logged and acknowledged', () => {
    const talk = new LearnerTalk();
    talk.hear(say.leaderInfo(1)).done().hear(say.diff('0:0'), say.newLeader(1)).take();
    expect(talk.hear(say.proposal('1:1')).done().durable('1:1').hear(say.commit('1:1'), say.upToDate()).take()).toEqual([
      '< PROPOSAL 1:1',
      'disk: log 1:1',
      'disk: done',
      '> ACK 1:0',
      'disk: has 1:1',
      '> ACK 1:1',
      '< COMMIT 1:1',
      'apply 1:1',
      '< UPTODATE',
      '> ACK 1:0',
      'SERVE epoch 1',
    ]);
  });

  test('a leader that says nothing is left after initLimit', () => {
    expect(new LearnerTalk().ticks(21).take()).toEqual([
      '> FOLLOWERINFO accepted 0',
      'END nothing was heard of the leader for 10 ticks',
    ]);
  });

  test('words out of turn end it', () => {
    expect(new LearnerTalk().hear(say.proposal('1:1')).take()).toEqual([
      '> FOLLOWERINFO accepted 0',
      '< PROPOSAL 1:1',
      'END proposal before the leader said where to begin',
    ]);
    expect(new LearnerTalk().hear(say.leaderInfo(1)).done().hear(say.diff('0:0'), say.newLeader(2)).take().slice(-1)).toEqual([
      'END NEWLEADER of epoch 2 is not awaited',
    ]);
    expect(new LearnerTalk().hear(say.leaderInfo(1)).done().hear(say.diff('0:0'), say.upToDate()).take().slice(-1)).toEqual([
      'END UPTODATE is not awaited',
    ]);
  });
});

describe('transactions', () => {
  test('are acknowledged when the disk has them, and applied when they are committed', () => {
    expect(serving().hear(say.proposal('1:1'), say.proposal('1:2')).durable('1:2').hear(say.commit('1:1'), say.commit('1:2')).take()).toEqual([
      '< PROPOSAL 1:1',
      'disk: log 1:1',
      '< PROPOSAL 1:2',
      'disk: log 1:2',
      'disk: has 1:2',
      '> ACK 1:1',
      '> ACK 1:2',
      '< COMMIT 1:1',
      'apply 1:1',
      '< COMMIT 1:2',
      'apply 1:2',
    ]);
  });

  test('committed by the others before the disk here has it: it is applied when the disk has it', () => {
    expect(serving().hear(say.proposal('1:1'), say.commit('1:1'), say.sync()).durable('1:1').take()).toEqual([
      '< PROPOSAL 1:1',
      'disk: log 1:1',
      '< COMMIT 1:1',
      '< SYNC',
      'disk: has 1:1',
      '> ACK 1:1',
      'apply 1:1',
      'answer sync',
    ]);
  });

  test('an observer is told what is committed, and acknowledges nothing', () => {
    expect(serving(true).hear(say.inform('1:1')).durable('1:1').take()).toEqual([
      '< INFORM 1:1',
      'disk: log 1:1',
      'disk: has 1:1',
      'apply 1:1',
    ]);
  });

  test('a hole in what is proposed or committed ends it', () => {
    expect(serving().hear(say.proposal('1:2')).take()).toEqual([
      '< PROPOSAL 1:2',
      'END the leader proposes 1:2 after 0:0: something is missing between them',
    ]);
    expect(serving().hear(say.proposal('1:1'), say.proposal('1:2'), say.commit('1:2')).take().slice(-1)).toEqual([
      'END the leader commits 1:2, which is not the next one',
    ]);
  });

  test('a ping is answered with the sessions that were heard of', () => {
    expect(serving().hear(say.ping('1:0')).take()).toEqual([
      '< PING 1:0',
      '> PING 1:0 sessions 7',
    ]);
  });

  test('a ping is not answered before NEWLEADER: the leader would take the answer for that', () => {
    const talk = new LearnerTalk();
    talk.hear(say.leaderInfo(1)).done().take();
    expect(talk.hear(say.diff('0:0'), say.ping('1:0'), say.newLeader(1), say.ping('1:0')).done().take()).toEqual([
      '< DIFF 0:0',
      '< PING 1:0',
      '< NEWLEADER epoch 1',
      'disk: all of it, then currentEpoch 1',
      '< PING 1:0',
      'disk: done',
      '> ACK 1:0',
    ]);
  });

  test('what the leader’s tree has already is passed over when it is proposed and committed', () => {
    const talk = new LearnerTalk();
    talk.hear(say.leaderInfo(1)).done().hear(say.snap('1:5')).done().take();
    expect(talk.hear(say.proposal('1:4'), say.proposal('1:5'), say.commit('1:4'), say.commit('1:5'), say.proposal('1:6')).take()).toEqual([
      '< PROPOSAL 1:4',
      '< PROPOSAL 1:5',
      '< COMMIT 1:4',
      '< COMMIT 1:5',
      '< PROPOSAL 1:6',
      'disk: log 1:6',
    ]);
  });

  test('a leader that falls silent is left after syncLimit', () => {
    expect(serving().ticks(11).take()).toEqual([
      'END nothing was heard of the leader for 5 ticks',
    ]);
  });

  test('it leaves when its own disk has stopped, though the leader speaks, and not when that only is slow', () => {
    const talk = serving().hear(say.proposal('1:1'), say.commit('1:1'), say.proposal('1:2'));
    for (let i = 0; i < 11; i++) talk.hear(say.ping('1:2')).ticks(1);
    expect(talk.machine.serving).toBe(true);
    talk.hear(say.ping('1:2')).ticks(1);
    expect(talk.take().at(-1)).toBe('END this server’s disk did not take in for 5 ticks what the leader has');
    const slow = serving();
    for (let i = 1; i <= 8; i++) {
      slow.hear(say.proposal(`1:${i}`));
      if (i > 1) slow.durable(`1:${i - 1}`);
      for (let half = 0; half < 8; half++) slow.hear(say.ping('1:0')).ticks(1);
    }
    expect(slow.machine.serving).toBe(true);
  });
});
