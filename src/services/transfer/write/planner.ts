/**
 * Turns pairs into the steps of a writing job, in the order in which they are to be sent: a node before what is below
 * it, and what must come after (removals, ACLs that would lock this session out) when everything below is through.
 * Must hold: a node is touched only after its image is kept and the log knows of it; what is postponed is never more
 * than the nodes on the way to the present one.
 */

import type { ZooKeeper } from '../../../client/api.ts';
import type { Id } from '../../../model/acl.ts';
import type { BeforeImage, BeforeSink } from '../api.ts';
import { touchOf, type JobLog, type Postponed, type Touch } from '../job-log.ts';
import { absolutePath, isAtOrBelow } from '../order.ts';
import type { TransferTools } from '../ports.ts';
import type { NodeRecord } from '../record.ts';
import { isLeft, type SourceEntry } from '../source.ts';
import type { Pair } from '../walk/pairs.ts';
import { grantFor, mayCreate } from './acl-rules.ts';
import { imagesFor, stateKey } from './before.ts';
import type { Decision } from './decide.ts';
import type { Look, Note, NoteStep, Step, WriteStep } from './plan.ts';
import { PostStack, type Waiting } from './post-stack.ts';
import { assumeData, lookAgain } from './redo.ts';
import { requestBytes, type Act } from './step.ts';
import type { Strategy } from './strategy.ts';

/** At least this many nodes lie between two places to go on from. */
const MARK_EVERY = 500;

export interface PlannerOptions {
  /** The target's root, absolute, without the chroot. */
  readonly root: string;
  readonly client: Pick<ZooKeeper, 'chroot'>;
  readonly strategy: Strategy;
  /** Whether nodes are created with the ACLs of the source. */
  readonly acls: boolean;
  readonly identities: readonly Id[];
  readonly requestBytesMax: number;
  readonly dryRun: boolean;
  readonly before: BeforeSink | null;
  readonly tools: TransferTools;
  readonly log: JobLog;
  /** Reads a node of the target. */
  readonly look: LookAt;
}

/** @param withData whether its data matters */
export type LookAt = (path: string, relative: string, withData: boolean) => Promise<SourceEntry | null>;

interface Batch {
  readonly steps: Step[];
  readonly images: BeforeImage[];
  readonly touches: Touch[];
}

export class Planner {
  readonly #options: PlannerOptions;
  readonly #stack: PostStack;
  #unmarked = 0;
  #skipBelow: string | null = null;
  /** The policy has ended the job. */
  stopped: string | null = null;

  /** @param postponed what an interrupted job had still to do. @param at where it was */
  constructor(options: PlannerOptions, postponed: readonly Postponed[], at: string | null) {
    this.#options = options;
    this.#stack = PostStack.restore(postponed, at);
  }

  /** The steps, in batches; each batch's images and intents are durable when it comes. */
  async *steps(pairs: AsyncIterable<readonly Pair[]>): AsyncGenerator<readonly Step[]> {
    let held: Pair | null = null;
    for await (const batch of pairs) {
      const out: Batch = { steps: [], images: [], touches: [] };
      for (const pair of batch) {
        if (held !== null) this.#plan(out, held, pair);
        held = pair;
        if (this.stopped !== null) break;
      }
      yield await this.#ready(out);
      if (this.stopped !== null) return;
    }
    const out: Batch = { steps: [], images: [], touches: [] };
    if (held !== null) this.#plan(out, held, null);
    if (this.stopped === null) this.#pop(out, null);
    yield await this.#ready(out);
  }

  /** What must not stay as it is when a job is given up: ACLs that wait for what will not come. */
  leftovers(): Step[] {
    const out: Batch = { steps: [], images: [], touches: [] };
    for (const waiting of this.#stack.takeAll()) if (waiting.act === 'setAcl' && waiting.second) this.#finish(out, waiting);
    return out.steps;
  }

  /** Images and intents of acts that are not those that were planned. */
  async touching(looks: readonly { readonly step: WriteStep; readonly look: Look }[]): Promise<void> {
    const images: BeforeImage[] = [];
    const touches: Touch[] = [];
    for (const { step, look } of looks) {
      if (look.act === null || look.now === null || step.imaged === stateKey(look.now)) continue;
      step.imaged = stateKey(look.now);
      images.push(...imagesFor(this.#options.tools, step.path, look.act, look.now, true));
      touches.push(touchOf(step.relative, look.now));
    }
    await this.#keep(images, touches);
  }

  async #ready({ steps, images, touches }: Batch): Promise<readonly Step[]> {
    await this.#keep(images, touches);
    return steps;
  }

  async #keep(images: readonly BeforeImage[], touches: readonly Touch[]): Promise<void> {
    const { before, log } = this.#options;
    await Promise.all([images.length > 0 ? before?.keep(images) : undefined, log.touch(touches)]);
  }

  #plan(out: Batch, pair: Pair, next: Pair | null): void {
    const { path, a } = pair;
    const b = this.#ownUnread(pair);
    this.#pop(out, path);
    if (this.#skipBelow !== null && isAtOrBelow(path, this.#skipBelow)) {
      out.steps.push(noteStep(path, { ...SILENT, reason: 'below' }, true, true));
      this.#stack.block();
    } else {
      this.#skipBelow = null;
      const choice = this.#options.strategy.choose(path, a, b, false);
      if (choice !== null) {
        const { decision, want } = choice;
        if (decision.stops && !this.#options.dryRun) this.stopped = absolutePath(this.#options.root, path);
        if (decision.blocks) this.#skipBelow = path;
        const hasChildren = next !== null && next.a !== null && isAtOrBelow(next.path, path);
        this.#act(out, path, decision, want, b, hasChildren);
      }
    }
    // Within what is skipped there is no place to go on from: that it is skipped would not be known.
    if (++this.#unmarked < MARK_EVERY || this.stopped !== null || this.#skipBelow !== null) return;
    this.#unmarked = 0;
    out.steps.push({ kind: 'mark', at: path, postponed: this.#stack.state() });
  }

  /** What the job itself made before it was interrupted, and may not read until its own ACL is set. */
  #ownUnread({ path, a, b }: Pair): SourceEntry | null {
    if (a === null || isLeft(a) || b === null || !isLeft(b)) return b;
    const assumed = assumeData(b, a.data);
    return assumed !== null && this.#options.log.isOurs(path, assumed, a) ? assumed : b;
  }

  #act(out: Batch, relative: string, decision: Decision, want: NodeRecord | null, b: SourceEntry | null, hasChildren: boolean): void {
    const now = b === null || isLeft(b) ? null : b;
    const note = noteOf(decision, want ?? now);
    const { action } = decision;
    if (action === 'remove' && now !== null) this.#remove(out, relative, note, now);
    else if (action === 'create' && want !== null) this.#create(out, relative, note, want, hasChildren);
    else if (action === 'change' && want !== null && now !== null) this.#change(out, relative, note, decision, want, now, hasChildren);
    else {
      if (action !== 'same') this.#stack.block();
      out.steps.push(noteStep(relative, note, decision.action === 'leave' && isRule(note), false));
    }
  }

  #remove(out: Batch, relative: string, note: Note, now: NodeRecord): void {
    const version = now.stat?.version ?? 0;
    const act: Act = { kind: 'remove', version };
    const path = absolutePath(this.#options.root, relative);
    if (path === '/') {
      out.steps.push(noteStep(relative, { ...note, action: 'leave', reason: 'system', message: 'the root stays' }, true, false));
      return;
    }
    if (!this.#options.dryRun) out.images.push(...this.#imagesFor(path, act, now));
    this.#stack.push({ relative, act: 'remove', version, acl: null, former: { ...now, data: null }, note, second: false, blocked: false });
  }

  #create(out: Batch, relative: string, note: Note, want: NodeRecord, hasChildren: boolean): void {
    const { acls, identities, dryRun } = this.#options;
    const grant = grantFor(want, acls, hasChildren, identities);
    if (grant === null) {
      const message = 'its ACL is not known, and this session has no identity that could keep it: it is not made, so that it does not stand open';
      this.#refuse(out, relative, { ...note, action: 'fail', reason: 'aclMasked', message });
      return;
    }
    const act: Act = { kind: 'create', want, acl: grant.acl };
    const told = grant.masked ? { ...note, reason: 'aclMasked', message: 'its ACL is not known whole: it was made for this session and the ids that are known' } : note;
    if (this.#isTooBig(out, relative, told, act)) return;
    if (dryRun) {
      out.steps.push(noteStep(relative, told, false, false));
      return;
    }
    if (grant.final !== null) {
      out.touches.push(touchOf(relative, null));
      this.#stack.push({ relative, act: 'setAcl', version: 0, acl: grant.final, former: null, note, second: true, blocked: false });
    }
    out.steps.push({ ...this.#write(relative, act, told, null), leads: grant.final !== null });
  }

  #change(out: Batch, relative: string, note: Note, { differences }: Decision, want: NodeRecord, now: NodeRecord, hasChildren: boolean): void {
    const { strategy, identities, dryRun, root } = this.#options;
    const stat = now.stat;
    const acl = differences.includes('acl') ? want.acl : null;
    const data = differences.includes('data');
    const version = stat?.version ?? 0;
    const aversion = stat?.aversion ?? 0;
    const whole: Act = {
      kind: 'change',
      data: data ? { value: want.data, version } : null,
      acl: acl === null ? null : { value: acl, aversion },
    };
    if (this.#isTooBig(out, relative, note, whole)) return;
    if (dryRun) {
      out.steps.push(noteStep(relative, note, false, false));
      return;
    }
    out.images.push(...this.#imagesFor(absolutePath(root, relative), whole, now));
    out.touches.push(touchOf(relative, now));
    const waits = acl !== null && (strategy.childrenFirst || (hasChildren && !mayCreate(acl, identities)));
    if (waits) {
      const second = data;
      const former = { ...now, data: null };
      this.#stack.push({ relative, act: 'setAcl', version: aversion, acl, former, note, second, blocked: false });
      if (!data) return;
      const first = this.#write(relative, { kind: 'change', data: { value: want.data, version }, acl: null }, note, now);
      out.steps.push({ ...first, leads: true });
    } else {
      out.steps.push(this.#write(relative, whole, note, now));
    }
  }

  #isTooBig(out: Batch, relative: string, note: Note, act: Act): boolean {
    const { client, root, requestBytesMax } = this.#options;
    const bytes = requestBytes(`${client.chroot}${absolutePath(root, relative)}`, act);
    if (bytes <= requestBytesMax) return false;
    const message = `the request has ${bytes} bytes; the target takes at most ${requestBytesMax} (jute.maxbuffer)`;
    this.#refuse(out, relative, { ...note, action: 'fail', reason: 'tooBig', message });
    return true;
  }

  /** Nothing comes of a node, nor of what is below it where it is not there. */
  #refuse(out: Batch, relative: string, note: Note): void {
    this.#stack.block();
    if (!note.exists) this.#skipBelow = relative;
    out.steps.push(noteStep(relative, note, false, false));
  }

  /** Does what was postponed for nodes that the walk has left. @param path where it is now; null at the end */
  #pop(out: Batch, path: string | null): void {
    for (const waiting of this.#stack.leave(path)) this.#finish(out, waiting);
  }

  #finish(out: Batch, waiting: Waiting): void {
    const { relative, note, former } = waiting;
    if (waiting.act === 'setAcl') {
      if (waiting.acl === null) return;
      const act: Act = { kind: 'change', data: null, acl: { value: waiting.acl, aversion: waiting.version } };
      out.steps.push({ ...this.#write(relative, act, note, former), second: waiting.second });
      return;
    }
    if (waiting.blocked) {
      this.#stack.block();
      const left = { ...note, action: 'leave' as const, reason: 'hasChildren', message: 'something below it is left' };
      out.steps.push(noteStep(relative, left, false, false));
    } else if (this.#options.dryRun) out.steps.push(noteStep(relative, note, false, false));
    else out.steps.push(this.#write(relative, { kind: 'remove', version: waiting.version }, note, former));
  }

  #imagesFor(path: string, act: Act, now: NodeRecord): BeforeImage[] {
    return this.#options.before === null ? [] : imagesFor(this.#options.tools, path, act, now);
  }

  #write(relative: string, act: Act, note: Note, former: NodeRecord | null): WriteStep {
    const path = absolutePath(this.#options.root, relative);
    // What a second look is compared with needs no data.
    const seen = former === null ? null : { ...former, data: null };
    const bytes = act.kind === 'create' ? (act.want.data?.length ?? 0) : act.kind === 'change' ? (act.data?.value?.length ?? 0) : 0;
    const step: WriteStep = {
      kind: 'write', relative, path, act, note, bytes, czxid: former?.stat?.czxid ?? null, leads: false, second: false, imaged: former === null ? null : stateKey(former),
      look: async (lost) => {
        const { act: tried } = step;
        const now = await this.#options.look(path, relative, tried.kind !== 'change' || tried.data !== null);
        const decideAnew = (there: SourceEntry | null, ours: boolean): ReturnType<Planner['anew']> => this.anew(step.act, relative, there, ours, note);
        return lookAgain({ act: step.act, note: step.note, former: seen, decideAnew }, lost, now);
      },
    };
    return step;
  }

  /** What is to be done to a node that is not as it was when it was planned. */
  anew(act: Act, path: string, now: SourceEntry | null, ours: boolean, note: Note): { readonly decision: Decision | null; readonly act: Act | null } {
    const there = now === null || isLeft(now) ? null : now;
    const want = wantedBy(act, path, there, note);
    const choice = this.#options.strategy.choose(path, this.#options.strategy.childrenFirst ? null : want, now, ours);
    if (choice === null) return { decision: null, act: null };
    const { decision } = choice;
    if (decision.action === 'create' && act.kind === 'create') return { decision, act };
    if (decision.action === 'create' && act.kind === 'change') {
      const message = 'it was removed meanwhile';
      return { decision: { ...decision, action: 'leave', reason: 'changed', message }, act: null };
    }
    if (decision.action !== 'change' || there?.stat == null || choice.want === null) return { decision, act: null };
    const { version, aversion } = there.stat;
    const acl = decision.differences.includes('acl') ? choice.want.acl : null;
    return {
      decision,
      act: {
        kind: 'change',
        data: decision.differences.includes('data') ? { value: choice.want.data, version } : null,
        acl: acl === null ? null : { value: acl, aversion },
      },
    };
  }
}

/** The record that an act would make of what is there. */
function wantedBy(act: Act, path: string, now: NodeRecord | null, { kind }: Note): NodeRecord | null {
  if (act.kind === 'create') return { ...act.want, path };
  if (act.kind === 'remove') return null;
  return {
    path, kind: now?.kind ?? kind, ttlMs: now?.ttlMs ?? null, aclMasked: false, stat: null, changed: false,
    data: act.data === null ? (now?.data ?? null) : act.data.value,
    acl: act.acl === null ? (now?.acl ?? null) : act.acl.value,
  };
}

const SILENT: Note = { action: 'leave', differences: [], reason: null, message: null, kind: 'persistent', dataLength: 0, exists: true };

/** Left out by a rule, and not for what it is. */
function isRule({ reason }: Note): boolean {
  return reason === 'ephemeral' || reason === 'system' || reason === 'unreadable' || reason === 'vanished';
}

function noteOf({ action, differences, reason, message }: Decision, record: NodeRecord | null): Note {
  const dataLength = record?.data?.length ?? record?.stat?.dataLength ?? 0;
  return { action, differences, reason, message, kind: record?.kind ?? 'persistent', dataLength, exists: action !== 'create' };
}

function noteStep(relative: string, note: Note, leftOut: boolean, silent: boolean): NoteStep {
  return { kind: 'note', relative, note, leftOut, silent };
}
