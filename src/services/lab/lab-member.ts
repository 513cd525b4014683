/**
 * One local server: its process, started here or found running, and what it said of itself. Must hold: a process that
 * ends by itself turns it to `failed`; one that is ended from here does not.
 */

import type { Lab, LabServer } from '../../contract/lab.ts';
import { UsageError, ZooError } from '../../model/errors.ts';
import { parseSrvr } from '../cluster/parse-srvr.ts';
import { makeFailure, toFailure } from '../failure.ts';
import type { AskServer, LocalServerExit, LocalServerPlace, LocalServerProcess, LocalServers, LocalServerStart } from '../ports.ts';
import { endReason } from './end-reason.ts';

const ASK_WITHIN_MS = 1_000;

type Said = Pick<LabServer, 'role' | 'zxid'>;

const NOTHING: Said = { role: null, zxid: null };

export interface MemberParts {
  readonly localServers: LocalServers;
  readonly askServer: AskServer;
  readonly dir: string;
  readonly how: () => LocalServerStart;
  /** Called after every change of its state, not of what it says. @param was what it was before that */
  readonly changed: (member: LabMember, was: LabServer['role']) => void;
}

export class LabMember {
  readonly id: number;
  readonly observer: boolean;
  readonly #parts: MemberParts;
  #clientPort: number;
  #state: LabServer['state'] = 'stopped';
  #failure: Lab['failure'] = null;
  #process: LocalServerProcess | null = null;
  #starting: Promise<void> | null = null;
  /** How it is being ended from here. */
  #ending: 'stopped' | 'killed' | null = null;
  #said: Said = NOTHING;

  constructor(parts: MemberParts, { id, clientPort, observer }: LocalServerPlace) {
    this.#parts = parts;
    this.id = id;
    this.observer = observer;
    this.#clientPort = clientPort;
  }

  get state(): LabServer['state'] {
    return this.#state;
  }

  get clientPort(): number {
    return this.#clientPort;
  }

  get failure(): Lab['failure'] {
    return this.#failure;
  }

  get role(): LabServer['role'] {
    return this.#said.role;
  }

  shown(): LabServer {
    return {
      id: this.id, observer: this.observer, state: this.#state, pid: this.#process?.pid ?? null, clientPort: this.#clientPort,
      ...this.#said, failure: this.#failure,
    };
  }

  /** As zoo.cfg says now. */
  placeAt(clientPort: number): void {
    if (this.#process === null && this.#starting === null) this.#clientPort = clientPort;
  }

  /** Starts it unless it runs, and has it go on if it is paused; a start under way is joined. @throws UsageError LocalServerFailed */
  async start(): Promise<void> {
    if (this.#process !== null) return this.resume();
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  /** Takes it up where an earlier start of the app left it running. @throws UsageError LocalServerFailed */
  async adopt(): Promise<void> {
    const { localServers, dir, how } = this.#parts;
    let over = false;
    const found = await localServers.find(dir, this.id, how().stays, (exit) => {
      over = true;
      this.#ended(exit);
    });
    if (found === null || over) return;
    this.#process = found;
    this.#clientPort = found.clientPort;
    this.#set(found.paused ? 'paused' : 'running', null);
  }

  /** Counts for a process that runs, too. */
  setStays(stays: boolean): void {
    this.#process?.setStays(stays);
  }

  /** @throws UsageError LocalServerFailed */
  async pause(): Promise<void> {
    if (this.#process === null || this.#state !== 'running') return;
    await this.#process.pause();
    this.#setRunning('paused');
  }

  async resume(): Promise<void> {
    if (this.#process === null || this.#state !== 'paused') return;
    await this.#process.resume();
    this.#setRunning('running');
  }

  /** Ends its process, if there is one. @param how killed: by SIGKILL */
  async end(how: 'stopped' | 'killed'): Promise<void> {
    // A process that is only being made cannot be ended yet.
    await this.#starting?.catch(() => undefined);
    const process = this.#process;
    if (process !== null) {
      this.#ending = how;
      await (how === 'killed' ? process.kill() : process.stop());
    } else if (how === 'stopped') {
      this.#set('stopped', null);
    }
  }

  /** Its leader may be gone: what it said last counts no more. */
  forget(): void {
    this.#said = NOTHING;
  }

  /** Asks it for its role. @returns whether it says something else than before */
  async ask(): Promise<boolean> {
    const process = this.#process;
    if (process === null || this.#state !== 'running') return false;
    const said = await this.#answer(process.clientPort);
    // Of another process, or of none.
    if (this.#process !== process || this.#state !== ('running' as LabServer['state'])) return false;
    const { role, zxid } = this.#said;
    this.#said = said;
    return said.role !== role || said.zxid !== zxid;
  }

  async #answer(port: number): Promise<Said> {
    try {
      const report = parseSrvr(await this.#parts.askServer({ host: '127.0.0.1', port }, 'srvr', { timeoutMs: ASK_WITHIN_MS }));
      return report === null ? NOTHING : { role: report.role, zxid: report.zxid };
    } catch (error) {
      if (error instanceof ZooError) return NOTHING;
      throw error;
    }
  }

  async #launch(): Promise<void> {
    this.#ending = null;
    this.#set('starting', null);
    let end: LocalServerExit | null = null;
    const { localServers, dir, how } = this.#parts;
    try {
      const process = await localServers.start(dir, this.id, how(), (exit) => {
        end = exit;
        this.#ended(exit);
      });
      // It may have ended between listening and now.
      if (end !== null) throw this.#failedWith(end);
      this.#process = process;
      this.#clientPort = process.clientPort;
      // What was chosen while it started.
      process.setStays(how().stays);
      this.#set('running', null);
    } catch (error) {
      // A server that ended while it was waited for has told why.
      this.#set('failed', this.#failure ?? toFailure(error));
      throw error;
    }
  }

  #ended(exit: LocalServerExit): void {
    this.#process = null;
    if (this.#ending === null) {
      const { text, reason } = endReason(this.id, exit, this.#state !== 'starting');
      this.#set('failed', makeFailure('weather', 'LocalServerFailed', text, null, reason));
    } else this.#set(this.#ending, null);
  }

  #failedWith(exit: LocalServerExit): UsageError {
    const { text, reason } = endReason(this.id, exit, false);
    return new UsageError('LocalServerFailed', text, reason);
  }

  /** Unless it has ended meanwhile. */
  #setRunning(state: 'running' | 'paused'): void {
    if (this.#process !== null) this.#set(state, null);
  }

  #set(state: LabServer['state'], failure: Lab['failure']): void {
    const was = this.#said.role;
    this.#state = state;
    this.#failure = failure;
    this.#said = NOTHING;
    this.#parts.changed(this, was);
  }
}
