/**
 * What Apache found unclear in the description of the protocol when it was checked by machine
 * (zookeeper-specifications/protocol-spec/issues.md): one conversation for each.
 */

import { describe, expect, test } from 'vitest';
import { LeaderTalk, LearnerTalk, say } from './talk.ts';

/** Epoch 1 is served with server 2, and 1:1 is committed; server 3 has promised, and has NEWLEADER on its way. */
function withLateJoiner(): LeaderTalk {
  const talk = new LeaderTalk();
  talk.info(2).done().ackEpoch(2, 0, '0:0').ack(2, '1:0').done();
  talk.propose('1:1').durable('1:1').ack(2, '1:1');
  talk.info(3).ackEpoch(3, 0, '0:0').done().take();
  return talk;
}

describe('issue 1: who is told of a proposal', () => {
  test('also a learner that has not acknowledged NEWLEADER yet, and it is told of the commit too', () => {
    expect(withLateJoiner().propose('1:2').ack(3, '1:0').durable('1:2').ack(2, '1:2').take()).toEqual([
      'ask: 1:2',
      'disk: log 1:2',
      '> 2 PROPOSAL 1:2',
      '> 3 PROPOSAL 1:2',
      '< 3 ACK 1:0',
      '> 3 UPTODATE',
      'disk: has 1:2',
      '< 2 ACK 1:2',
      '> 2 COMMIT 1:2',
      '> 3 COMMIT 1:2',
      'apply 1:2',
    ]);
  });

  test('the learner logs it before it serves, and commits it', () => {
    const talk = new LearnerTalk();
    talk.hear(say.leaderInfo(1)).done().hear(say.diff('1:1')).history('1:1').hear(say.newLeader(1)).take();
    expect(talk.hear(say.proposal('1:2')).durable('1:2').done().hear(say.upToDate(), say.commit('1:2')).take()).toEqual([
      '< PROPOSAL 1:2',
      'disk: log 1:2',
      'disk: has 1:2',
      'apply 1:1',
      'disk: done',
      '> ACK 1:0',
      '> ACK 1:1',
      '> ACK 1:2',
      '< UPTODATE',
      '> ACK 1:0',
      'SERVE epoch 1',
      '< COMMIT 1:2',
      'apply 1:2',
    ]);
  });
});

describe('issue 2: a proposal that is in the history that a learner was sent', () => {
  test('is sent once: what is proposed is sent to all who are in step in the same turn', () => {
    const talk = new LeaderTalk();
    talk.info(2).done().ackEpoch(2, 0, '0:0').ack(2, '1:0').done();
    talk.propose('1:1').info(3).take();
    expect(talk.ackEpoch(3, 0, '0:0').done().propose('1:2').take().filter((line) => line.startsWith('> 3'))).toEqual([
      '> 3 SNAP 1:0',
      '> 3 PROPOSAL 1:1',
      '> 3 NEWLEADER epoch 1',
      '> 3 PROPOSAL 1:2',
    ]);
  });
});

describe('issue 3: what is committed while a learner has not acknowledged NEWLEADER', () => {
  test('is committed there as well, before UPTODATE, so that the next commit finds nothing left over', () => {
    const talk = withLateJoiner().propose('1:2').durable('1:2').ack(2, '1:2').ack(3, '1:0').ack(3, '1:2');
    expect(talk.propose('1:3').durable('1:3').ack(2, '1:3').take().filter((line) => line.includes(' 3 '))).toEqual([
      '> 3 PROPOSAL 1:2',
      '> 3 COMMIT 1:2',
      '< 3 ACK 1:0',
      '> 3 UPTODATE',
      '< 3 ACK 1:2',
      '> 3 PROPOSAL 1:3',
      '> 3 COMMIT 1:3',
    ]);
  });
});
