/**
 * One local server: its process, and what it said of itself. Must hold: a process that ends by itself turns it to
 * `failed`; one that is ended from here does not.
 */

import type { Lab, LabServer } from '../../contract/lab.ts';
import { UsageError, ZooError } from '../../model/errors.ts';
import { parseSrvr } from '../cluster/parse-srvr.ts';
import { makeFailure, toFailure } from '../failure.ts';
import type { AskServer, LocalServerExit, LocalServerProcess, LocalServers } from '../ports.ts';

const ASK_WITHIN_MS = 1_000;

type Said = Pick<LabServer, 'role' | 'zxid'>;

const NOTHING: Said = { role: null, zxid: null };

export interface MemberParts {
  readonly localServers: LocalServers;
  readonly askServer: AskServer;
  readonly dir: string;
  /** Called after every change of its state, not of what it says. */
  readonly changed: (member: LabMember) => void;
}

export class LabMember {
  readonly id: number;
  readonly #parts: MemberParts;
  #clientPort: number;
  #state: LabServer['state'] = 'stopped';
  #failure: Lab['failure'] = null;
  #process: LocalServerProcess | null = null;
  #starting: Promise<void> | null = null;
  /** How it is being ended from here. */
  #ending: 'stopped' | 'killed' | null = null;
  #said: Said = NOTHING;

  constructor(parts: MemberParts, id: number, clientPort: number) {
    this.#parts = parts;
    this.id = id;
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
      id: this.id, state: this.#state, pid: this.#process?.pid ?? null, clientPort: this.#clientPort, ...this.#said, failure: this.#failure,
    };
  }

  /** As zoo.cfg says now. */
  placeAt(clientPort: number): void {
    if (this.#process === null && this.#starting === null) this.#clientPort = clientPort;
  }

  /** Starts it unless it runs; a start that is under way is joined. @throws UsageError LocalServerFailed */
  async start(): Promise<void> {
    if (this.#process !== null) return;
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
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
    if (process === null) return false;
    const said = await this.#answer(process.clientPort);
    // Of another process, or of none.
    if (this.#process !== process) return false;
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
    try {
      const process = await this.#parts.localServers.start(this.#parts.dir, this.id, (exit) => {
        end = exit;
        this.#ended(exit);
      });
      // It may have ended between listening and now.
      if (end !== null) throw new UsageError('LocalServerFailed', exitText(end));
      this.#process = process;
      this.#clientPort = process.clientPort;
      this.#set('running', null);
    } catch (error) {
      // A server that ended while it was waited for has told why.
      this.#set('failed', this.#failure ?? toFailure(error));
      throw error;
    }
  }

  #ended(exit: LocalServerExit): void {
    this.#process = null;
    if (this.#ending === null) this.#set('failed', makeFailure('weather', 'LocalServerFailed', exitText(exit)));
    else this.#set(this.#ending, null);
  }

  #set(state: LabServer['state'], failure: Lab['failure']): void {
    this.#state = state;
    this.#failure = failure;
    this.#said = NOTHING;
    this.#parts.changed(this);
  }
}


function exitText({ code, signal, logTail }: LocalServerExit): string {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
  return `the server ended (${how}). The end of its log:\n${logTail}`;
}
