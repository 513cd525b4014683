/**
 * The servers of one local ensemble: started together or one by one, stopped, killed, asked for their roles. In: a
 * directory. Out: their state, told after every change. Must hold: nothing is started but by `start`, `startServer` and
 * `restartServer`; what runs already is only taken up.
 */

import type { CancelSignal } from '../../base/signal.ts';
import type { Lab, LabServer } from '../../contract/lab.ts';
import { reason } from '../../contract/reasons.ts';
import { CancelledError, UsageError } from '../../model/errors.ts';
import { toFailure } from '../failure.ts';
import type { AskServer, LocalServerStart, Ports } from '../ports.ts';
import { createCancel, throwIfCancelled, type CancelSource } from '../util/cancel.ts';
import { firstWrite, localConnectString, type ClientParts } from './first-write.ts';
import { LabMember } from './lab-member.ts';

export interface RunParts extends ClientParts {
  readonly ports: Ports;
  readonly askServer: AskServer;
  readonly dir: string;
  /** As it was chosen. */
  readonly how: () => LocalServerStart;
  /** @param moved whether a server started, ended, or has another role; false: only its zxid went on */
  readonly changed: (moved: boolean) => void;
}

/** Puts something into servers that serve, until it is cancelled. */
export type Fill = (signal: CancelSignal) => Promise<void>;

/** Java takes its time. */
const WRITE_WITHIN_MS = { embedded: 20_000, apache: 60_000 };
const SERVING: ReadonlySet<LabServer['role']> = new Set(['leader', 'follower', 'observer', 'standalone'] as const);

export class LabRun {
  readonly #parts: RunParts;
  readonly #members = new Map<number, LabMember>();
  #phase: Lab['phase'] = null;
  #failure: Lab['failure'] = null;
  #starting: Promise<void> | null = null;
  #cancel: CancelSource | null = null;
  #stopping = false;
  #leaving = false;
  #closed = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** What its files say, and which servers run already; what cannot be read becomes its failure. */
  async load(): Promise<void> {
    try {
      await this.#read();
      await Promise.all([...this.#members.values()].map((member) => member.adopt()));
    } catch (error) {
      this.#failure = toFailure(error);
    }
  }

  shown(): Pick<Lab, 'state' | 'phase' | 'connectString' | 'servers' | 'failure'> {
    const { state } = this;
    const members = [...this.#members.values()];
    const ofServer = members.find(({ failure }) => failure !== null)?.failure ?? null;
    return {
      state,
      phase: this.#phase,
      connectString: this.connectString,
      servers: members.map((member) => member.shown()),
      failure: this.#failure ?? (state === 'failed' ? ofServer : null),
    };
  }

  get state(): Lab['state'] {
    if (this.#phase !== null) return 'starting';
    if (this.#hasMajority) return 'running';
    if (this.#count('starting') > 0) return 'starting';
    if (this.#count('running') + this.#count('paused') > 0) return 'noQuorum';
    return this.#failure !== null || this.#count('failed') > 0 ? 'failed' : 'stopped';
  }

  /** Whether a process is there, or is being made. */
  get isActive(): boolean {
    return this.#phase !== null || this.#count('running') + this.#count('starting') + this.#count('paused') > 0;
  }

  /** Whether a server that runs has no role yet, or enough run and none leads. */
  get isUnsettled(): boolean {
    const running = [...this.#members.values()].filter(({ state }) => state === 'running');
    if (running.some(({ role }) => role === null)) return true;
    return this.#hasMajority && running.every(({ role }) => role !== 'leader' && role !== 'standalone');
  }

  get connectString(): string | null {
    return this.#members.size === 0 ? null : localConnectString(this.#clientPorts());
  }

  /**
   * Starts all that do not run, and waits until a write succeeds; a start that is under way is joined.
   *
   * @param fill comes after the first write, before it counts as started
   * @throws UsageError LocalServerFailed, after ending what this start had started; CancelledError when they were stopped
   *   meanwhile; what `fill` throws
   */
  async start(fill: Fill | null = null): Promise<void> {
    if (this.#starting === null && this.#members.size > 0 && this.#count('running') === this.#members.size) return;
    this.#starting ??= this.#startAll(fill).finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel?.cancel();
    await Promise.all([...this.#members.values()].map((member) => member.end('stopped')));
    // A start that this cut short has to see that it was meant.
    await this.#starting?.catch(() => undefined);
    this.#stopping = false;
    this.#failure = null;
    this.#parts.changed(true);
  }

  /** Lets go of its servers, which go on; a start that is under way ends, and leaves what it started. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#cancel?.cancel();
    await this.#starting?.catch(() => undefined);
  }

  /** Counts for those that run, too. */
  setStays(stays: boolean): void {
    for (const member of this.#members.values()) member.setStays(stays);
  }

  /** Stops it for good: nothing starts any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }

  /** @returns undoes `close`, should there be something left to run */
  reopen(): void {
    this.#closed = false;
  }

  async startServer(id: number): Promise<void> {
    this.#refuseClosed();
    const member = this.#member(id);
    await this.#read();
    this.#failure = null;
    await member.start();
  }

  async stopServer(id: number): Promise<void> {
    await this.#member(id).end('stopped');
  }

  async killServer(id: number): Promise<void> {
    await this.#member(id).end('killed');
  }

  async restartServer(id: number): Promise<void> {
    await this.#member(id).end('stopped');
    await this.startServer(id);
  }

  /** @throws UsageError LocalServerFailed */
  async pauseServer(id: number): Promise<void> {
    await this.#member(id).pause();
  }

  async resumeServer(id: number): Promise<void> {
    await this.#member(id).resume();
  }

  /** Asks every server that runs for its role. @returns the client ports of those that serve */
  async look(): Promise<readonly number[]> {
    const members = [...this.#members.values()];
    const before = members.map(({ role }) => role).join();
    const changes = await Promise.all(members.map((member) => member.ask()));
    if (changes.some(Boolean)) this.#parts.changed(before !== members.map(({ role }) => role).join());
    return members.filter(({ role }) => SERVING.has(role)).map(({ clientPort }) => clientPort);
  }

  /** Whether as many of those that vote run as a write takes. */
  get #hasMajority(): boolean {
    const voters = [...this.#members.values()].filter(({ observer }) => !observer);
    return voters.filter(({ state }) => state === 'running').length * 2 > voters.length;
  }

  #count(state: LabServer['state']): number {
    return [...this.#members.values()].filter((member) => member.state === state).length;
  }

  #clientPorts(): readonly number[] {
    return [...this.#members.values()].map(({ clientPort }) => clientPort);
  }

  #member(id: number): LabMember {
    const found = this.#members.get(id);
    if (found === undefined) throw new UsageError('UnknownLab', `there is no server ${id} in this ensemble`);
    return found;
  }

  #refuseClosed(): void {
    if (this.#closed) throw new UsageError('UnknownLab', 'these local servers are being removed');
  }

  async #read(): Promise<void> {
    const { ports: { localServers }, askServer, dir, how } = this.#parts;
    const changed = (member: LabMember, was: LabServer['role']): void => this.#memberChanged(member, was);
    for (const place of await localServers.read(dir)) {
      const known = this.#members.get(place.id);
      if (known === undefined) this.#members.set(place.id, new LabMember({ localServers, askServer, dir, how, changed }, place));
      else known.placeAt(place.clientPort);
    }
  }

  #memberChanged({ state }: LabMember, was: LabServer['role']): void {
    if (state !== 'running' && state !== 'starting') {
      // Without the leader, or without a majority, nobody's role is what it was.
      const leaderStays = this.#hasMajority && (was === 'follower' || was === 'observer');
      if (!leaderStays) for (const member of this.#members.values()) member.forget();
      if (this.#phase === 'write' && !this.#hasMajority) this.#cancel?.cancel();
    }
    this.#parts.changed(true);
  }

  #setPhase(phase: Lab['phase']): void {
    this.#phase = phase;
    this.#parts.changed(true);
  }

  async #startAll(fill: Fill | null): Promise<void> {
    this.#refuseClosed();
    const cancel = createCancel();
    this.#cancel = cancel;
    this.#failure = null;
    this.#setPhase('servers');
    const started: LabMember[] = [];
    let serves = false;
    try {
      await this.#read();
      started.push(...[...this.#members.values()].filter(({ state }) => state !== 'running'));
      await this.#launch(started, cancel);
      this.#setPhase('write');
      await this.#firstWrite(cancel);
      serves = true;
      if (fill !== null) {
        this.#setPhase('sample');
        await fill(cancel.signal);
      }
      // The role of each, as it is after the election.
      await this.look();
      if (this.#stopping) throw stoppedMeanwhile();
    } catch (error) {
      if (!serves) throw await this.#startFailed(started, error);
      throw this.#stopping ? stoppedMeanwhile() : error;
    } finally {
      this.#cancel = null;
      this.#setPhase(null);
    }
  }

  /** @throws what the first threw that did not start, when too few did; CancelledError */
  async #launch(members: readonly LabMember[], { signal }: CancelSource): Promise<void> {
    const outcomes = await Promise.allSettled(members.map((member) => member.start()));
    throwIfCancelled(signal);
    if (this.#hasMajority) return;
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    throw failed?.reason ?? new CancelledError();
  }

  /** @throws UsageError LocalServerFailed when none succeeds in time; CancelledError */
  async #firstWrite({ signal }: CancelSource): Promise<void> {
    const withinMs = WRITE_WITHIN_MS[this.#parts.how().engine];
    const { written, serving } = await firstWrite(this.#parts, () => this.look(), { withinMs, signal });
    if (written) return;
    const seconds = withinMs / 1_000;
    throw new UsageError('LocalServerFailed', `no write succeeded within ${seconds} s; ${serving} of the servers serve`, reason('noWrite', { seconds, serving }));
  }

  /** Ends what was started. @returns the error to throw */
  async #startFailed(started: readonly LabMember[], error: unknown): Promise<unknown> {
    if (this.#leaving) return error;
    const wasStopped = this.#stopping;
    // A server that ended while it was waited for has told why; that says more than that the waiting ended.
    const said = error instanceof CancelledError ? started.find(({ failure }) => failure !== null)?.failure : undefined;
    await Promise.all(started.filter(({ state }) => wasStopped || state === 'running').map((member) => member.end('stopped')));
    if (wasStopped) return stoppedMeanwhile();
    this.#failure = said ?? toFailure(error);
    return error instanceof CancelledError ? new UsageError('LocalServerFailed', this.#failure.message, this.#failure.reason ?? null) : error;
  }
}

/** Whoever stopped them need not be told that they did not start. */
function stoppedMeanwhile(): CancelledError {
  return new CancelledError('the servers were stopped while they started');
}
