/**
 * The last stage (FinalRequestProcessor): requests become replies, changes become events.
 * In: a read, or a write with what applying it gave. Out: one frame each.
 * Must hold: events of a change are sent before any answer that shows it.
 */

import { ErrorCode } from '../../../model/error-code.ts';
import type { Id } from '../../../model/acl.ts';
import { Perms } from '../../../model/acl.ts';
import { KeeperError, WireError } from '../../../model/errors.ts';
import { Xid } from '../../../wire/records/headers.ts';
import type { ApplyResult, TreeReader } from '../../tree/api.ts';
import type { TreeChange } from '../../tree/changes.ts';
import type { ConnectionKey, Notification, WatchTables } from '../../watches/watch-tables.ts';
import type { Access } from '../auth/access.ts';
import { isEagerRefusal } from '../eager-check.ts';
import { Op, type Request } from '../request.ts';
import { eventFrame, replyFrame } from './frames.ts';
import {
  readAcl, readAllChildrenNumber, readChildren, readData, readEphemerals, readExists, readMulti, readSync, readWhoAmI,
} from './reads.ts';
import type { Answer, Asked, ReplyOptions, ReplyTools } from './tools.ts';
import { addWatch, findWatches, setWatches } from './watch-requests.ts';
import { writeAnswer } from './writes.ts';

export interface Reply {
  /** Good until the next reply is made. */
  readonly frame: Uint8Array;
  readonly zxid: bigint;
  readonly err: number;
}

/** The connections as events see them. */
export interface EventSink {
  /** Who the connection is; null when it is gone. */
  identitiesOf(connection: ConnectionKey): readonly Id[] | null;
  sendEvent(connection: ConnectionKey, frame: Uint8Array): void;
}

export interface ResponderParts {
  readonly options: ReplyOptions;
  readonly tree: TreeReader;
  readonly watches: WatchTables;
  readonly access: Access;
  readonly events: EventSink;
}

export class Responder {
  readonly #parts: ResponderParts;
  readonly #tools: ReplyTools;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    this.#tools = {
      options: parts.options,
      tree: parts.tree,
      watches: parts.watches,
      access: parts.access,
      notify: (events) => this.#send(events),
    };
  }

  /** Answers a read. */
  read(connection: ConnectionKey, request: Request): Reply {
    return this.#reply(request, () => {
      if (request.refusal !== undefined) throw new KeeperError(request.refusal);
      return readAnswer(this.#tools, { connection, request });
    });
  }

  /** Answers a write that was applied. */
  written(request: Request, result: ApplyResult): Reply {
    return this.#reply(request, () => {
      // The leader does not know a local session, and says that it has expired; this server knows better (FinalRequestProcessor).
      if (request.ephemeralRefusal !== undefined && result.type !== Op.multi) throw new KeeperError(request.ephemeralRefusal);
      return writeAnswer(result);
    });
  }

  /** Sends the events of changes. */
  announce(changes: readonly TreeChange[]): void {
    for (const change of changes) this.#send(this.#parts.watches.trigger(change));
  }

  #send(events: readonly Notification[]): void {
    let last: Notification | null = null;
    let frame: Uint8Array | null = null;
    for (const event of events) {
      const identities = this.#parts.events.identitiesOf(event.connection);
      if (identities === null) continue;
      const hidden =
        this.#parts.options.eventsNeedRead &&
        event.acl !== null &&
        !this.#parts.access.allows(event.acl, Perms.READ, identities);
      if (hidden) continue;
      if (frame === null || last?.type !== event.type || last.path !== event.path) frame = eventFrame(event.type, event.path);
      last = event;
      this.#parts.events.sendEvent(event.connection, frame);
    }
  }

  #reply(request: Request, make: () => Answer): Reply {
    let err = 0;
    let answer: Answer = null;
    try {
      answer = make();
    } catch (error) {
      if (error instanceof KeeperError) err = error.number;
      else if (error instanceof WireError) err = ErrorCode.MarshallingError;
      else throw error;
    }
    // What is refused before anybody decides on it is no part of the history (ZooKeeperServer.authWriteRequest).
    const zxid = isEagerRefusal(request) ? 0n : this.#parts.tree.lastZxid;
    const xid = request.type === Op.ping && err === 0 ? Xid.PING : request.cxid;
    const frame = replyFrame(xid, zxid, err, answer?.codec ?? null, answer?.body as never);
    return { frame, zxid, err };
  }
}

function readAnswer(tools: ReplyTools, asked: Asked): Answer {
  switch (asked.request.type) {
    case Op.ping:
    // Of a session that is this server's alone.
    case Op.closeSession:
      return null;
    case Op.exists:
      return readExists(tools, asked);
    case Op.getData:
      return readData(tools, asked);
    case Op.getChildren:
      return readChildren(tools, asked, false);
    case Op.getChildren2:
      return readChildren(tools, asked, true);
    case Op.getAcl:
      return readAcl(tools, asked);
    case Op.getAllChildrenNumber:
      return readAllChildrenNumber(tools, asked);
    case Op.getEphemerals:
      return readEphemerals(tools, asked);
    case Op.whoAmI:
      return readWhoAmI(tools, asked);
    case Op.sync:
      return readSync(tools, asked);
    case Op.multiRead:
      return readMulti(tools, asked);
    case Op.addWatch:
      return addWatch(tools, asked);
    case Op.checkWatches:
    case Op.removeWatches:
      return findWatches(tools, asked);
    case Op.setWatches:
    case Op.setWatches2:
      return setWatches(tools, asked);
    default:
      throw new KeeperError(ErrorCode.Unimplemented);
  }
}
