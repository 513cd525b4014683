/**
 * Writes in the order of a plan, many under way at once. One session's requests are carried out in the order sent, so
 * that a child's create goes right behind its parent's. Must hold: steps are settled in their order; what a lost
 * connection left open is found out, and done again if it must be, before anything new is sent.
 */

import { invariant } from '../../../base/invariant.ts';
import { CancelledError, ConnectionLostError, UsageError, type ZooError } from '../../../model/errors.ts';
import { isPassing, isWeather, type Endpoint } from '../endpoint.ts';
import { isAtOrBelow, parentOf } from '../order.ts';
import { pause } from '../../util/cancel.ts';
import { mapPooled } from '../../util/pool.ts';
import type { Look, Note, Step, WriteStep } from './plan.ts';
import { perform, requestBytes, type Outcome } from './step.ts';

/** Steps that may be under way, those that are settled and wait for earlier ones included. */
const STEPS_MAX = 2_048;
/** Data that may be under way, bytes. */
const BYTES_MAX = 4 * 1024 * 1024;
/** After this many rounds in which nothing came through, what ends the connection is a request of ours. */
const ROUNDS_MAX = 8;
/** How often one node is looked at anew because it was overtaken. */
const LOOKS_MAX = 6;
const LOOKS_AT_ONCE = 32;
/**
 * Requests of a session are carried out in order: one that ends the connection is always the first that did not take
 * place. When a request was that this often, it is sent alone; when it is lost so, too, it is the reason.
 */
const BLAMED_MAX = 3;
const LOST_ALONE_MAX = 3;
/** A server that answers that it is busy is left alone for so long, ms, and longer each time. */
const BUSY_PAUSE_MS = 200;

interface Running {
  readonly step: Step;
  sent: boolean;
  outcome: Outcome | null;
  looks: number;
  /** A reply for it was lost. */
  lost: boolean;
  /** How often the connection ended with it under way; so often as the first that did not take place; with nothing else. */
  losses: number;
  blamed: number;
  lossesAlone: number;
  alone: boolean;
}

export interface PipelineHooks {
  /** A node is through. */
  settled(step: Step & { readonly kind: 'note' | 'write' }, note: Note): void;
  /** A node was not tried, since what is above it failed. */
  suppressed(step: WriteStep): void;
  /** Everything before a mark is through. */
  reached(step: Step & { readonly kind: 'mark' }): void;
  /** Nodes are about to be changed that were not when they were planned. Resolves when that is written down. */
  touching(looks: readonly { readonly step: WriteStep; readonly look: Look }[]): Promise<void>;
}

export class Pipeline {
  readonly #endpoint: Endpoint;
  readonly #hooks: PipelineHooks;
  #running: Running[] = [];
  #first = 0;
  #bytes = 0;
  #sent = 0;
  #troubled = false;
  #rounds = 0;
  #ends: { readonly error: unknown } | null = null;
  /** The node under which nothing can be made. */
  #blocked: string | null = null;
  #wake: (() => void)[] = [];
  /** Nodes with a second step to come, and the second steps that came before their first was through. */
  readonly #leaders = new Map<string, 'open' | 'done' | 'refused'>();
  readonly #followers = new Map<string, Running>();

  constructor(endpoint: Endpoint, hooks: PipelineHooks) {
    this.#endpoint = endpoint;
    this.#hooks = hooks;
  }

  /** Takes the next step, when there is room for it. @throws what ends the job */
  async push(step: Step): Promise<void> {
    if (step.kind === 'write') while (!this.#hasRoom(step)) await this.#makeRoom();
    if (this.#ends !== null) throw this.#ends.error;
    const running: Running = { step, sent: false, outcome: null, looks: 0, lost: false, losses: 0, blamed: 0, lossesAlone: 0, alone: false };
    this.#running.push(running);
    if (step.kind === 'write') this.#begin(running, step);
    else this.#advance();
  }

  #begin(running: Running, step: WriteStep): void {
    if (step.leads) this.#leaders.set(step.relative, 'open');
    const leader = step.second ? this.#leaders.get(step.relative) : undefined;
    if (leader === 'open') {
      this.#followers.set(step.relative, running);
    } else if (leader === 'refused' || this.#isBlocked(step)) {
      this.#advance();
    } else {
      this.#bytes += step.bytes;
      this.#send(running, step);
    }
    if (step.second && leader !== 'open') this.#leaders.delete(step.relative);
  }

  /** What waits for a step is sent when that is done, and is not when that is refused. */
  #led(step: WriteStep, done: boolean): void {
    const follower = this.#followers.get(step.relative);
    if (follower === undefined) {
      this.#leaders.set(step.relative, done ? 'done' : 'refused');
      return;
    }
    this.#followers.delete(step.relative);
    this.#leaders.delete(step.relative);
    if (done && this.#troubled) {
      // What comes before it in order has still to be sent.
      follower.sent = true;
      follower.outcome = HELD;
    } else if (done) this.#send(follower, follower.step as WriteStep);
    // Else it is found not to have been sent when its turn comes.
  }

  /** Waits until everything is through. @throws what ends the job */
  async drain(): Promise<void> {
    while (this.#length > 0 && this.#ends === null) await this.#makeRoom();
    if (this.#ends !== null) throw this.#ends.error;
  }

  /** Waits for the replies that are still to come, whatever they are. */
  async settle(): Promise<void> {
    while (this.#sent > 0) await this.#changed();
  }

  get #length(): number {
    return this.#running.length - this.#first;
  }

  #hasRoom(step: WriteStep): boolean {
    if (this.#ends !== null) return true;
    if (this.#troubled || this.#endpoint.ready === null || !this.#endpoint.pace.hasRoom) return false;
    return this.#length < STEPS_MAX && (this.#bytes === 0 || this.#bytes + step.bytes <= BYTES_MAX);
  }

  async #makeRoom(): Promise<void> {
    try {
      if (this.#troubled) await this.#recover();
      else if (this.#endpoint.ready === null) await this.#endpoint.client();
      else if (!this.#endpoint.pace.hasRoom) await this.#endpoint.pace.room();
      else await this.#changed();
    } catch (error) {
      this.#ends ??= { error };
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #isBlocked(step: WriteStep): boolean {
    return this.#blocked !== null && isAtOrBelow(step.relative, this.#blocked);
  }

  #send(running: Running, step: WriteStep): void {
    this.#sent++;
    running.sent = true;
    void perform(this.#endpoint, step.path, step.act, step.czxid).then((outcome) => {
      this.#sent--;
      running.outcome = outcome;
      if (outcome.kind === 'again') this.#troubled = true;
      if (outcome.kind === 'again' && isWeather(outcome.error) && !outcome.error.retrySafe) running.losses++;
      if (outcome.kind === 'ends') this.#ends ??= outcome;
      this.#advance();
      const wake = this.#wake;
      this.#wake = [];
      for (const resolve of wake) resolve();
    });
  }

  /** Settles what is through, in order. */
  #advance(): void {
    while (this.#length > 0) {
      const running = this.#running[this.#first] as Running;
      if (!this.#settleFirst(running)) return;
      this.#first++;
      this.#rounds = 0;
      if (this.#first < 1_024) continue;
      this.#running = this.#running.slice(this.#first);
      this.#first = 0;
    }
  }

  /** @returns whether it is settled */
  #settleFirst(running: Running): boolean {
    const { step, sent, outcome } = running;
    if (step.kind === 'mark') this.#hooks.reached(step);
    else if (step.kind === 'note') this.#hooks.settled(step, step.note);
    else if (!sent) {
      if (this.#followers.get(step.relative) === running) return false;
      this.#refuse(step);
    } else {
      const blocked = this.#isBlocked(step);
      if (outcome === null || outcome.kind === 'ends' || (outcome.kind === 'again' && !blocked)) return false;
      this.#bytes -= step.bytes;
      if (blocked && outcome.kind !== 'done') this.#refuse(step);
      else if (outcome.kind === 'done' || outcome.kind === 'refused') this.#settleWrite(step, outcome);
    }
    return true;
  }

  #refuse(step: WriteStep): void {
    if (step.leads) this.#led(step, false);
    this.#hooks.suppressed(step);
  }

  #settleWrite(step: WriteStep, outcome: Extract<Outcome, { kind: 'done' | 'refused' }>): void {
    const { note } = step;
    if (step.leads) this.#led(step, outcome.kind === 'done');
    if (outcome.kind === 'done') {
      const reason = outcome.reason ?? note.reason;
      this.#hooks.settled(step, { ...note, reason, message: outcome.message ?? note.message });
      return;
    }
    // Where the parent is missing its other children fail alike: that is said once.
    if (outcome.blocks) this.#blocked = step.act.kind === 'create' && outcome.reason === 'NoNode' ? (parentOf(step.relative) ?? '') : step.relative;
    this.#hooks.settled(step, { ...note, action: outcome.action, reason: outcome.reason, message: outcome.message });
  }

  /** Everything that was sent has an end, then what is open is looked at, then sent again, in order. */
  async #recover(): Promise<void> {
    await this.settle();
    if (this.#ends !== null) return;
    const lost = this.#running.slice(this.#first).filter(({ outcome }) => outcome?.kind === 'again');
    const [first] = lost;
    const open = first !== undefined && first.blamed >= BLAMED_MAX ? [first] : lost;
    this.#troubled = open.length < lost.length;
    if (open.length === 0) return;
    const last = open.map(({ outcome }) => (outcome?.kind === 'again' ? outcome.error : null)).find((error) => error !== null) as ZooError;
    if (++this.#rounds > ROUNDS_MAX) throw last;
    if (this.#endpoint.signal.aborted && this.#endpoint.ready === null) throw new CancelledError();
    if (isPassing(last) && !isWeather(last)) await pause(this.#endpoint.clock, BUSY_PAUSE_MS * this.#rounds, this.#endpoint.signal);
    // Another server may lag behind the one that took the write.
    await this.#endpoint.read('write', (client) => client.sync('/'));
    const looks = await mapPooled(open, LOOKS_AT_ONCE, undefined, async (running) => {
      const step = running.step as WriteStep;
      if (running.outcome === HELD) return { running, step, look: { outcome: null, act: step.act, note: step.note, now: null, stops: false } };
      // Bad weather has its own bounds.
      if (running.outcome?.kind === 'again' && !isWeather(running.outcome.error)) running.looks++;
      running.lost ||= running.outcome?.kind === 'again' && isPassing(running.outcome.error) && !running.outcome.error.retrySafe;
      return { running, step, look: await step.look(running.lost) };
    });
    await this.#hooks.touching(looks);
    blame(looks.find(({ running, look }) => running.outcome !== HELD && look.outcome === null)?.running, lost.length === 1 || open.length < lost.length);
    for (const { running, step, look } of looks) this.#goOn(running, step, look);
    this.#advance();
  }

  #goOn(running: Running, step: WriteStep, look: Look): void {
    if (look.outcome !== null) {
      running.outcome = look.outcome;
    } else if (running.lossesAlone >= LOST_ALONE_MAX) {
      running.outcome = endsConnection(step);
    } else if (running.looks > LOOKS_MAX) {
      const message = 'it changed again and again while it was written';
      running.outcome = { kind: 'refused', action: 'fail', reason: 'changed', message, blocks: step.act.kind === 'create' };
    } else {
      invariant(look.act !== null, `nothing to do for ${step.path}, and not done`);
      running.outcome = null;
      step.act = look.act;
      step.note = look.note;
      if (look.now?.stat != null) step.czxid = look.now.stat.czxid;
      this.#send(running, step);
    }
    if (look.stops) this.#ends ??= { error: new UsageError('Exists', `${step.path} is there already, and differs`) };
  }
}

/** Not sent yet. */
const HELD: Outcome = { kind: 'again', error: new ConnectionLostError('not sent yet', false) };

/** @param alone whether it goes alone now */
function blame(first: Running | undefined, alone: boolean): void {
  if (first === undefined) return;
  if (first.losses > 0) {
    first.blamed++;
    if (first.alone) first.lossesAlone++;
  }
  first.losses = 0;
  first.alone = alone;
}

function endsConnection({ path, act }: WriteStep): Outcome {
  const message = `the connection ended each time that it was sent (${requestBytes(path, act)} bytes): it may be over the servers' jute.maxbuffer`;
  return { kind: 'refused', action: 'fail', reason: 'ConnectionLoss', message, blocks: act.kind === 'create' };
}
