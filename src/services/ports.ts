/**
 * What the services need of the outside world. Hosts implement it: files, keychains, processes, names, clocks,
 * chance and sockets come in through here and nowhere else.
 */

import type { ClientOptions, ZooKeeper } from '../client/api.ts';
import type { ServerAddress, Transport } from '../client/transport.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { CancelSignal } from '../base/signal.ts';
import type { ApacheFound, EngineName, LabFiles } from '../contract/lab.ts';
import type { AppendLog, ExportCompression, ExportInput, ExportOutput, TransferTools } from './transfer/ports.ts';

/** What a store holds when it is asked. */
export type Stored =
  | { readonly kind: 'none' }
  | { readonly kind: 'document'; readonly value: unknown }
  /** There is something, and it is no JSON document. */
  | { readonly kind: 'damaged'; readonly reason: string };

/** One JSON document. Nothing but plain JSON values goes in (no bigint, no bytes). */
export interface Store {
  load(): Promise<Stored>;
  /** Replaces the document as a whole: after a crash there is the old one or the new one, never a mixture. */
  save(value: unknown): Promise<void>;
  /**
   * Moves what is stored out of the way, under a name ending in `.bad`, so that the next save does not destroy it.
   *
   * @returns where it was put, as a person would look for it
   */
  setAside(): Promise<string>;
}

export type StoreName = 'profiles' | 'settings' | 'lab';

export type SecretStoreKind = 'keychain' | 'plaintext' | 'memory';

/** Secrets by key, apart from the settings. */
export interface SecretStore {
  readonly kind: SecretStoreKind;
  /** @returns null when there is none, or it can no longer be decrypted */
  get(key: string): Promise<string | null>;
  set(key: string, secret: string): Promise<void>;
  /** Forgets it; one that is not there is ignored. */
  remove(key: string): Promise<void>;
}

/** How a server process ended. */
export interface LocalServerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines it printed, at most a few kB. */
  readonly logTail: string;
}

/** A running server. */
export interface LocalServerProcess {
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly clientPort: number;
  /** SIGTERM, then harder; resolves when the process is gone. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. Safe to call twice. */
  kill(): Promise<void>;
  /** SIGSTOP. @throws UsageError `LocalServerFailed` where the system has no such signal */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
  /** Whether it goes on when this app ends, however that ends. Counts at once. */
  setStays(stays: boolean): void;
}

/** One that an earlier start of the app left running. */
export interface FoundLocalServer extends LocalServerProcess {
  readonly paused: boolean;
}

/** One server of a directory, as its zoo.cfg says. */
export interface LocalServerPlace {
  /** From 1, as in `myid`. */
  readonly id: number;
  /** On 127.0.0.1. */
  readonly clientPort: number;
  readonly observer: boolean;
}

export interface LocalServersShape {
  /** Those that vote; one stands alone. */
  readonly servers: number;
  readonly observers: number;
  /** Of the first; null: any that are free. */
  readonly clientPort: number | null;
}

/** How a server is started. */
export interface LocalServerStart {
  readonly engine: EngineName;
  /** Where Apache ZooKeeper is; null: it is looked for. */
  readonly zookeeper: string | null;
  readonly stays: boolean;
  /** Whether another client port may be taken when somebody else has the one of its zoo.cfg. */
  readonly movesPort: boolean;
}

/**
 * Servers as processes of their own: a directory for each ensemble (or server alone), and in it one for each server,
 * with a zoo.cfg.
 */
export interface LocalServers {
  /**
   * Makes a directory: a zoo.cfg on free loopback ports for each server, `myid` where there are several, empty data
   * directories.
   *
   * @param labId unique; letters and digits
   * @returns the directory, absolute
   * @throws UsageError `PortTaken` when a port that was asked for is, `FileFailed` when the disk refuses; nothing is left
   *   of it then
   */
  create(labId: string, shape: LocalServersShape): Promise<{ readonly dir: string }>;
  /**
   * The servers of a directory, by id.
   *
   * @throws UsageError `LocalServerFailed` when its files cannot be read
   */
  read(dir: string): Promise<readonly LocalServerPlace[]>;
  /**
   * Starts one server of a directory. Resolves when its client port accepts connections; picks another client port
   * (and writes it to zoo.cfg) when the configured one is taken and may be moved.
   *
   * @param onExit called once when the process ends, also after stop()
   * @throws UsageError `LocalServerFailed`, its message ending with the tail of the log, when it ends before it listens;
   *   `PortTaken`; `NoZooKeeper` or `NoJava`, saying where it was looked for
   */
  start(dir: string, id: number, how: LocalServerStart, onExit: (exit: LocalServerExit) => void): Promise<LocalServerProcess>;
  /**
   * Takes up a server that runs although this app did not start it since it began. A process that only has the number
   * of one is left alone.
   *
   * @param onExit called once when the process ends, also after stop(); its code and signal are not known
   * @returns null when it does not run
   */
  find(dir: string, id: number, stays: boolean, onExit: (exit: LocalServerExit) => void): Promise<FoundLocalServer | null>;
  /** What a person may want to read of a server. @throws UsageError `LocalServerFailed` when its files cannot be read */
  files(dir: string, id: number): Promise<LabFiles>;
  /** What Apache's servers need. @param zookeeper a folder of a person's choice: then nothing else is looked at */
  findApache(zookeeper: string | null): Promise<ApacheFound>;
  /** Removes a directory with all data. @throws UsageError `LocalServerFailed` when it is in use, or not one made here */
  remove(dir: string): Promise<void>;
  /** Lets go of all: those that stay go on, the others end. */
  close(): Promise<void>;
}

export type Lookup =
  | { readonly ok: true; readonly addresses: readonly string[] }
  /** @property code the system's word, such as ENOTFOUND */
  | { readonly ok: false; readonly code: string; readonly reason: string };

/** Host names to addresses, as the operating system resolves them. Never rejects. */
export interface Resolver {
  lookup(host: string): Promise<Lookup>;
}

export interface Hash {
  /** SHA-1, 20 bytes. */
  sha1(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A folder of logs, each under a name of letters, digits, dots and dashes. */
export interface LogFolder {
  /** Made with its first line. */
  log(name: string): AppendLog;
  /** @throws UsageError FileFailed */
  names(): Promise<readonly string[]>;
  /** Removes a log for good; one that is not there is ignored. @throws UsageError FileFailed */
  remove(name: string): Promise<void>;
}

/** The exports on this machine. Files are named by absolute paths. */
export interface ExportFiles {
  /** Where exports go unless a person says otherwise. */
  readonly folder: string;
  input(file: string): ExportInput;
  /** @param options `overwrite`: whether a file of this name may be replaced */
  output(options: { readonly file: string; readonly compression: ExportCompression; readonly overwrite: boolean }): ExportOutput;
  /** The exports in the folder; none when there is no folder. @throws UsageError FileFailed */
  list(): Promise<readonly { readonly file: string; readonly bytes: number; readonly atMs: number }[]>;
  /** @throws UsageError FileFailed when it is not there */
  bytes(file: string): Promise<number>;
  /** Whether something of this name is there. */
  exists(file: string): Promise<boolean>;
  /** Whether the system would take it as an absolute path. */
  isAbsolute(file: string): boolean;
  /** The system's dialog; `supported` false where there is none. `file` null: the person chose none. */
  choose(mode: 'open' | 'save', suggested: string | null): Promise<{ readonly supported: boolean; readonly file: string | null }>;
}

/** Files of jobs on many nodes, and of the journal of what was overwritten. */
export interface TransferPorts {
  readonly tools: TransferTools;
  readonly files: ExportFiles;
  readonly jobs: LogFolder;
  readonly history: LogFolder;
}

/** What the app is, for `app.info`. */
export interface AppFacts {
  readonly version: string;
  readonly host: 'electron' | 'web';
  /** process.platform */
  readonly platform: string;
}

/** One connection to one server without a session: four-letter words. */
export type AskServer = (
  server: ServerAddress,
  word: string,
  options: { readonly timeoutMs: number; readonly signal?: CancelSignal | undefined },
) => Promise<string>;

export interface Ports {
  readonly app: AppFacts;
  readonly openStore: (name: StoreName) => Store;
  readonly secrets: SecretStore;
  readonly localServers: LocalServers;
  readonly transport: Transport;
  readonly resolver: Resolver;
  readonly hash: Hash;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly transfer: TransferPorts;
  /** The text of a file of resources/. */
  readonly readResource: (name: 'sample-tree.json') => Promise<string>;
  /** Opens a session; the client's connectZooKeeper where this is left out. Tests hand in fakes. */
  readonly openClient?: (options: ClientOptions) => ZooKeeper;
  /** Sends a four-letter word; the client's own where this is left out. Tests hand in fakes. */
  readonly askServer?: AskServer;
}
