/** What answering has at hand, and how answers look before they become frames. */

import { ErrorCode } from '../../../model/error-code.ts';
import type { Acl, Id } from '../../../model/acl.ts';
import { KeeperError } from '../../../model/errors.ts';
import type { Codec } from '../../../wire/jute/codec.ts';
import { JuteReader } from '../../../wire/jute/jute-reader.ts';
import type { TreeReader } from '../../tree/api.ts';
import type { ConnectionKey, Notification, WatchTables } from '../../watches/watch-tables.ts';
import type { Access } from '../auth/access.ts';
import type { Request } from '../request.ts';

export interface ReplyOptions {
  /** exists asks for READ (3.8.4 and later). */
  readonly existsNeedsRead: boolean;
  /** Watch events go only to those who may READ (3.8.4 and later). */
  readonly eventsNeedRead: boolean;
}

export interface ReplyTools {
  readonly options: ReplyOptions;
  readonly tree: TreeReader;
  readonly watches: WatchTables;
  readonly access: Access;
  /** Sends events, before the answer that is being made. */
  readonly notify: (events: readonly Notification[]) => void;
}

/** A request that a connection waits for. */
export interface Asked {
  readonly connection: ConnectionKey;
  readonly request: Request;
}

/** A body with the codec that writes it; null for a lone header. */
export type Answer = { readonly codec: Codec<never>; readonly body: unknown } | null;

/** Pairs a body with its codec. */
export function answer<T>(codec: Codec<T>, body: T): Answer {
  return { codec: codec as unknown as Codec<never>, body };
}

/** The request's record. @throws WireError when the bytes are none */
export function bodyOf<T>(codec: Codec<T>, request: Request): T {
  return codec.read(new JuteReader(request.body));
}

/** @throws KeeperError NoAuth */
export function demand(tools: ReplyTools, acl: readonly Acl[], perm: number, identities: readonly Id[]): void {
  if (!tools.access.allows(acl, perm, identities)) throw new KeeperError(ErrorCode.NoAuth);
}
