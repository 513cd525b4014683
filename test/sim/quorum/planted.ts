/** Mistakes that an implementation of the protocol might make: each is one small change to a source file. */

export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Planted {
  readonly name: string;
  readonly changes: readonly Change[];
  /** What finds it. */
  readonly finds: RegExp;
  /** In so many seeds at the latest. */
  readonly seeds: number;
}

const replication = 'src/ensemble/replication';
const member = 'src/ensemble/member';

export const PLANTED: readonly Planted[] = [
  {
    // Elections look at epoch and history as well, so that this check seldom decides: here they look at the epoch and the id alone.
    name: 'the check of epoch and history is skipped when a server promises',
    changes: [
      { file: `${replication}/leader/epoch-agreement.ts`, find: 'if (isMoreRecent(end, this.#own)) return false;', replace: '' },
      { file: `${replication}/election/vote.ts`, find: 'if (a.zxid !== b.zxid) return a.zxid > b.zxid;', replace: '' },
    ],
    finds: /without the committed|is lost|not part of the history|began at/,
    seeds: 150,
  },
  {
    name: 'acceptedEpoch is not kept',
    changes: [{ file: `${member}/epoch-files.ts`, find: 'await write(this.#storage, ACCEPTED, epoch);\n    this.accepted = epoch;', replace: 'await Promise.resolve(epoch);' }],
    finds: /two leaders|logs another|does not start|no progress/,
    seeds: 150,
  },
  {
    name: 'currentEpoch is written with the promise, before the history',
    changes: [{
      file: `${member}/learner-term.ts`,
      find: 'await house.epochs.setAccepted(task.epoch);',
      replace: 'await house.epochs.setAccepted(task.epoch); await house.epochs.setCurrent(task.epoch);',
    }],
    finds: /without the committed|is lost|not part of the history|began at|after 0x/,
    seeds: 600,
  },
  {
    name: 'a follower acknowledges before the disk has it',
    changes: [
      { file: `${replication}/learner/learner.ts`, find: 'if (zxid > this.#durable) break;', replace: '' },
      { file: `${replication}/learner/learner.ts`, find: 'if (!this.#options.observer) this.#unacked.push(zxid);', replace: 'if (!this.#options.observer) { this.#unacked.push(zxid); this.#acknowledge(); }' },
    ],
    finds: /no quorum has it|without the committed|is lost|not part of the history|began at/,
    seeds: 600,
  },
  {
    name: 'a leader counts itself before the disk has it',
    changes: [{
      file: `${replication}/leader/leader.ts`,
      find: 'proposals.add(txn, rules);',
      replace: 'proposals.add(txn, rules); proposals.ack(this.#options.sid, txn.header.zxid);',
    }],
    finds: /no quorum has it|without the committed|is lost|not part of the history|began at|after 0x/,
    seeds: 600,
  },
  {
    name: 'a transaction is committed without a quorum',
    changes: [{ file: `${replication}/leader/proposals.ts`, find: 'return rules.every((rule) => rule.hasQuorum(have));', replace: 'return rules.length > 0;' }],
    finds: /no quorum has it|without the committed|is lost/,
    seeds: 20,
  },
  {
    name: 'a log is cut across an epoch',
    changes: [{
      file: `${replication}/leader/sync-plan.ts`,
      find: 'if (epochOf(zxid) !== epochOf(this.#peerZxid) || this.#previous === null) {',
      replace: 'if (this.#previous === null) {',
    }],
    finds: /across an epoch/,
    seeds: 800,
  },
  {
    name: 'a learner applies what is only proposed',
    changes: [
      { file: `${replication}/learner/learner.ts`, find: 'this.#queue.propose(message.txn);', replace: 'this.#queue.inform(message.txn);' },
      { file: `${replication}/learner/learner.ts`, find: 'if (txn === null) this.#end(', replace: 'if (txn === null && zxid < 0n) this.#end(' },
    ],
    finds: /no quorum has it|not part of the history|began at|was due/,
    seeds: 100,
  },
  {
    name: 'a late joiner is not told of outstanding proposals',
    changes: [{
      file: `${replication}/leader/leader.ts`,
      find: 'planMessages(plan, observer ? [] : this.outstanding)',
      replace: 'planMessages(plan, observer ? [] : [])',
    }],
    finds: /not the next one|something is missing/,
    seeds: 100,
  },
  {
    name: 'a follower lets sessions expire by itself',
    changes: [
      { file: `${member}/learner-term.ts`, find: "import { firstSessionId } from", replace: "import { firstSessionId, SessionTracker } from" },
      {
        file: `${member}/learner-term.ts`,
        find: 'this.#sessions = sessions;',
        replace: `this.#sessions = sessions;
    const own = new SessionTracker(this.#parts.limits.tickMs, 1n, clock.monotonicMs());
    for (const [id, timeoutMs] of house.database.sessions.entries()) own.track(id, timeoutMs, clock.monotonicMs());`,
      },
      { file: `${member}/learner-term.ts`, find: 'expires: null,', replace: 'expires: own,' },
    ],
    finds: /expired .* and was alive/,
    seeds: 60,
  },
  {
    name: 'a follower does not tell its leader of whom it has heard',
    changes: [{ file: `${member}/learner-term.ts`, find: 'touched: () => this.#sessions?.takeTouched() ?? [],', replace: 'touched: () => [],' }],
    finds: /expired .* and was alive/,
    seeds: 60,
  },
  {
    name: 'a follower answers a sync by itself',
    changes: [{ file: 'src/ensemble/learner-role.ts', find: '&& type !== Op.sync) {', replace: '&& type !== 0) {' }],
    finds: /a sync is answered at/,
    seeds: 60,
  },
  {
    name: 'a client that has seen more is let in',
    changes: [{ file: 'src/ensemble/processors/attach.ts', find: 'request.lastZxidSeen > facts.lastZxid', replace: 'request.lastZxidSeen < 0n' }],
    finds: /saw .* and is answered at/,
    seeds: 600,
  },
  {
    name: 'an event comes behind the answer that shows the change',
    changes: [
      { file: 'src/ensemble/serving.ts', find: 'this.#responder.announce(changes);\n      if (request !== null) this.#desk.committed(request, result);', replace: 'if (request !== null) this.#desk.committed(request, result);\n      this.#responder.announce(changes);' },
    ],
    finds: /watch of .* an answer at/,
    seeds: 60,
  },
  {
    name: 'syncs of the leader’s own clients are answered behind later commits',
    changes: [{
      file: `${member}/leader-term.ts`,
      find: 'for (const step of effects.steps) {',
      replace: "for (const step of [...effects.steps].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'apply' ? -1 : 1))) {",
    }],
    finds: /is answered .* was due|no write of session/,
    seeds: 400,
  },
  {
    name: 'a read-only server lets in whoever may not read only',
    changes: [{ file: 'src/ensemble/processors/attach.ts', find: 'readOnly !== null && request.readOnly !== true', replace: 'readOnly !== null && request.lastZxidSeen < 0n' }],
    finds: /is answered by a read-only server/,
    seeds: 400,
  },
  {
    name: 'a read-only server does not refuse a sync',
    changes: [{ file: 'src/ensemble/read-only-role.ts', find: 'new Set([Op.sync, Op.check])', replace: 'new Set([Op.check])' }],
    finds: /is read-only and answers operation 9 with 0/,
    seeds: 400,
  },
];
