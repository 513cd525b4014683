/**
 * The conversations that matter, as texts for a reviewer: each scene is played by the machines and must read as its
 * file says. `npx vitest run --project unit test/unit/ensemble/transcripts -u` writes the files anew; whoever does so
 * reads them before they are committed.
 */

import { expect, test } from 'vitest';
import { makeZxid } from '../../../../src/model/zxid.ts';
import { Stage } from './stage.ts';

/** Zxids of one epoch, from a counter to another. */
const zxids = (epoch: number, from: number, to: number): bigint[] => Array.from({ length: to - from + 1 }, (_, i) => makeZxid(epoch, from + i));

/** Server 3 leads epoch 2 after epoch 1; 1 and 2 have what it has. */
function ready(): Stage {
  const log = zxids(1, 1, 2);
  return new Stage().given(1, { log }).given(2, { log }).given(3, { log });
}

/** The same, with the beginning of the epoch left out of the text. */
function serving(observer = false): Stage {
  const stage = ready().say('Server 3 is elected; servers 1 and 2 follow it.').leads(3).joins(1).joins(2).settle();
  return observer ? stage.given(4, { log: zxids(1, 1, 2) }).joins(4, { observer: true }).settle() : stage;
}

const SCENES: Readonly<Record<string, () => Stage>> = {
  'first-epoch': () => new Stage()
    .say('Three servers that have nothing elect server 3. Discovery: a quorum promises an epoch that is new to all of it.')
    .leads(3).joins(2).settle()
    .say('Server 1 comes late: the epoch is established without it.')
    .joins(1).settle(),

  'sync-by-diff': () => new Stage()
    .given(3, { log: zxids(1, 1, 4) }).given(2, { log: zxids(1, 1, 4) }).given(1, { log: zxids(1, 1, 2) })
    .say('Server 2 has everything, server 1 lacks the last two transactions.')
    .leads(3).joins(2).joins(1).settle(),

  'sync-by-trunc': () => new Stage()
    .given(3, { log: zxids(1, 1, 2), accepted: 3, current: 3 }).given(2, { log: zxids(1, 1, 2), accepted: 3, current: 3 })
    .given(1, { log: [...zxids(1, 1, 2), ...zxids(2, 1, 2)] })
    .say('Server 1 led epoch 2 and has two transactions that nobody else had. Servers 2 and 3 had epoch 3 without it, and wrote nothing.')
    .say('It is not refused for having more: the epoch was agreed before it came, and its own is an earlier one. It cuts off what goes past the end of the leader’s log.')
    .leads(3).joins(2).settle().joins(1).settle(),

  'sync-across-an-epoch': () => {
    const log = [...zxids(1, 1, 3), ...zxids(2, 1, 2)];
    return new Stage().given(3, { log }).given(2, { log }).given(1, { log: zxids(1, 1, 5) })
      .say('Server 1 led epoch 1 and has two transactions of it that nobody else had. Epoch 2 went on from 0x100000003.')
      .say('The leader’s log goes on in another epoch than the learner’s end is of, and then it does not say up to where they agree: it sends its tree.')
      .leads(3).joins(2).joins(1).settle();
  },

  'sync-by-trunc-then-diff': () => {
    const log = [...zxids(1, 1, 3), ...zxids(1, 6, 7)];
    return new Stage().given(3, { log }).given(2, { log }).given(1, { log: zxids(1, 1, 4) })
      .say('The leader has no 0x100000004 and goes on in the same epoch, which only a damaged log does: the counter of an epoch has no gaps.')
      .say('It does as Apache’s leader does. A learner of ours does not follow a history with a hole in it.')
      .leads(3).joins(2).joins(1).settle();
  },

  'sync-by-snap': () => new Stage()
    .given(3, { log: zxids(5, 1, 2), base: makeZxid(4, 9) }).given(2, { log: zxids(5, 1, 2), base: makeZxid(4, 9) }).given(1, { log: zxids(1, 1, 2) })
    .say('Server 1 was away for long: the leader’s logs do not reach back so far.')
    .leads(3).joins(2).settle()
    .joins(1).slow(3).settle()
    .say('While server 1 is being brought up to date, a client writes.')
    .write(3).settle().disk(3).settle(),

  'tree-asked-for': () => new Stage()
    .given(3, { log: zxids(2, 1, 2), accepted: 3, current: 3 }).given(2, { log: zxids(2, 1, 2), accepted: 3, current: 3 }).given(1, { log: zxids(2, 1, 4) })
    .say('Server 1 is to cut off two transactions, but all its snapshots are newer.')
    .say('It comes again. It has promised the epoch, so what it says of its log decides about nothing but how it is brought up to date.')
    .leads(3).joins(2).settle().cannotCut(1).joins(1).settle(),

  'a-write': () => serving(true)
    .say('A client of the leader writes.')
    .write(3).settle()
    .say('The leader’s own disk is slow: the followers alone are a quorum, yet nothing is committed that the leader itself could lose.')
    .slow(3).write(3).settle().disk(3).settle()
    .say('A follower’s disk is slow: the others are a quorum. Its acknowledgement comes late and changes nothing.')
    .slow(1).write(3).write(3).settle().disk(1).settle(),

  'requests-of-learners': () => serving(true)
    .say('A client of a follower writes, then one of the observer.')
    .write(1).settle().write(4).settle()
    .say('A sync with nothing under way is answered at once; one behind a write, after its commit.')
    .sync(1).settle().slow(3).slow(2).write(1).sync(1).settle().disk(3).disk(2).settle()
    .say('A client moves: the leader knows whether its session is alive.')
    .revalidate(2, 7n).settle().revalidate(2, 8n).settle()
    .say('Pings bring the sessions that were heard of.')
    .hears(1, 7n).hears(4, 9n).ticks(1).settle(),

  'reconfig-add-a-voter': () => {
    const stage = serving().given(4, {}).say('Server 4 has come as an observer, and is made a voter. Until that is committed, quorums of both configurations are needed.');
    return stage.joins(4, { observer: true }).settle().slow(2).changes([1, 2, 3, 4]).write(3, 'voters 1, 2, 3, 4').settle().disk(2).settle();
  },

  'reconfig-remove-the-leader': () => serving()
    .say('The leader is taken out. It names the follower that has most, and commits nothing more.')
    .changes([1, 2]).write(3, 'voters 1, 2').settle()
    .say('What it is still asked for is proposed, and left to the next leader.')
    .write(3).settle(),

  'uncommitted-and-lost': () => serving()
    .say('The leader alone has a proposal on its disk when it crashes: its packets were never sent.')
    .crashesWithIt(3)
    .say('Servers 1 and 2 elect server 2. Nobody has heard of the proposal, and epoch 3 begins without it.')
    .leads(2).joins(1).settle().write(2).settle()
    .say('Server 3 comes back with the proposal that nobody else has, and a later epoch has begun.')
    .joins(3).settle(),

  'uncommitted-and-kept': () => serving()
    .say('The leader crashes when one follower has its proposal on disk, and so does the other follower. Nobody was told that it is committed.')
    .slow(3).slow(1).write(3).settle().crashes(3).crashes(1)
    .say('Servers 1 and 2 elect server 2, which has more. What it has is the history of epoch 3, and server 1 gets it.')
    .leads(2).joins(1).settle()
    .say('Server 3 comes back. It never synced the proposal.')
    .joins(3).settle(),

  'zxids-run-out': () => {
    const log = [makeZxid(1, 0xffff_fffd)];
    return new Stage().given(1, { log, base: 1n }).given(2, { log, base: 1n }).given(3, { log, base: 1n })
      .say('Server 3 leads epoch 2.')
      .leads(3).joins(2).settle()
      .say('Four billion transactions are left out here. The last counter, 0xffffffff, is given to nobody.')
      .runsOut(3).settle()
      .say('The same servers begin a new epoch, whose counter begins anew.')
      .leads(3).joins(2).settle().write(3).settle();
  },

  'a-paused-leader': () => serving()
    .say('The leader is paused past syncLimit. Its followers leave it, and will elect server 2.')
    .paused(6).ticks(1, 1).ticks(1, 2)
    .say('It goes on. A client’s sync is read before the end of the connections is: nobody can say whether it still leads, so it does not answer.')
    .sync(3).ticks(2, 3).settle(),
};

test.each(Object.keys(SCENES))('%s', async (name) => {
  const stage = (SCENES[name] as () => Stage)();
  await expect(stage.text).toMatchFileSnapshot(`./${name}.txt`);
});
