/** One request on its way: what was asked, how its reply is read, and who waits for it. */

import type { ZooError } from '../model/errors.ts';
import type { JuteReader } from '../wire/jute/jute-reader.ts';
import type { ReplyInfo, Watcher } from './api.ts';
import type { WatchKind } from './watch-registry.ts';

/** What all requests of one kind share. Kept apart from the call so that a request needs no closures of its own. */
export interface CallKind<Out> {
  /** The operation's name, for the command log. */
  readonly name: string;
  /** The operation's code. */
  readonly code: number;
  /**
   * Reads the body of a reply without error.
   *
   * @throws WireError when it is malformed; ZooError when the body says that the request failed
   */
  finish(reader: JuteReader, call: Call, reply: ReplyInfo): Out;
  /** Turns an error code into a result where that is no failure; undefined leaves it one. */
  recover?(err: number, call: Call, reply: ReplyInfo): Out | undefined;
}

/** The watch that a request leaves when it succeeds. */
export interface CallWatch {
  readonly kind: WatchKind;
  readonly watcher: Watcher;
}

/** Who waits for a call. */
export interface CallWaiter {
  resolve(value: unknown): void;
  reject(error: ZooError): void;
}

export interface CallInit {
  readonly kind: CallKind<unknown>;
  /** As the caller gave it, for messages and the command log. */
  readonly path: string | null;
  /** With the chroot. */
  readonly serverPath: string;
  readonly chroot: string;
  /** The whole frame; its xid is filled in when it is sent. */
  readonly frame: Uint8Array;
  readonly watch: CallWatch | null;
  /** The paths of a multi's parts, as the caller gave them. */
  readonly partPaths?: readonly string[];
}

/** Where the xid stands in a frame: behind the length. */
const XID_OFFSET = 4;

export class Call {
  readonly kind: CallKind<unknown>;
  readonly path: string | null;
  readonly serverPath: string;
  readonly chroot: string;
  readonly watch: CallWatch | null;
  readonly partPaths: readonly string[] | null;
  frame: Uint8Array | null;
  readonly bytesOut: number;
  /** 0 until it is sent. */
  xid = 0;
  sentAtMs = 0;
  /** null once it is settled. */
  waiter: CallWaiter | null;
  /** Stops listening to the caller's signal. */
  unlisten: (() => void) | null = null;

  constructor(init: CallInit, waiter: CallWaiter) {
    this.kind = init.kind;
    this.path = init.path;
    this.serverPath = init.serverPath;
    this.chroot = init.chroot;
    this.watch = init.watch;
    this.partPaths = init.partPaths ?? null;
    this.frame = init.frame;
    this.bytesOut = init.frame.length;
    this.waiter = waiter;
  }

  get settled(): boolean {
    return this.waiter === null;
  }

  /** Gives the frame out to be sent, and forgets it: nothing is sent twice. */
  takeFrame(xid: number): Uint8Array | null {
    const frame = this.frame;
    if (frame === null) return null;
    this.frame = null;
    this.xid = xid;
    frame[XID_OFFSET] = xid >>> 24;
    frame[XID_OFFSET + 1] = xid >>> 16;
    frame[XID_OFFSET + 2] = xid >>> 8;
    frame[XID_OFFSET + 3] = xid;
    return frame;
  }

  resolve(value: unknown): void {
    this.#settle()?.resolve(value);
  }

  reject(error: ZooError): void {
    this.#settle()?.reject(error);
  }

  #settle(): CallWaiter | null {
    const waiter = this.waiter;
    this.waiter = null;
    this.unlisten?.();
    this.unlisten = null;
    return waiter;
  }
}
