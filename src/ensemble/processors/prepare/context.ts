/** What the preparation of one write has at hand, and the checks that several operations share. */

import { ErrorCode } from '../../../model/error-code.ts';
import type { Acl } from '../../../model/acl.ts';
import { CONFIG_PATH, pathProblem } from '../../../model/zpath.ts';
import type { Codec } from '../../../wire/jute/codec.ts';
import { JuteReader } from '../../../wire/jute/jute-reader.ts';
import type { ReconfigRequest } from '../../../wire/operations/reconfig.ts';
import type { TreeReader } from '../../tree/api.ts';
import type { Access } from '../auth/access.ts';
import type { Request } from '../request.ts';
import type { DecidingSessions } from '../sessions.ts';
import type { Outstanding } from './outstanding.ts';
import { refuse } from './refusal.ts';

export interface PrepareOptions {
  readonly extendedTypes: boolean;
  readonly digestEnabled: boolean;
  readonly enforceQuota: boolean;
  readonly reconfigEnabled: boolean;
  /** closeSessionTxn.enabled: the transaction names the ephemerals that go. */
  readonly closeSessionPaths: boolean;
  /** jute.maxbuffer: what other members surely take in. */
  readonly requestBytesMax: number;
}

/**
 * Judges a reconfiguration, and gives the text of the new configuration.
 *
 * @throws KeeperError what the client is told
 */
export type Reconfigure = (request: ReconfigRequest, zxid: bigint) => Uint8Array;

/** @param top the path with the quota @param used what there would be @param hard whether it is refused for that */
export type QuotaNote = (top: string, what: 'count' | 'bytes', used: number, limit: number, hard: boolean) => void;

/** What stays the same from write to write. */
export interface PrepareTools {
  readonly options: PrepareOptions;
  readonly tree: TreeReader;
  readonly outstanding: Outstanding;
  readonly access: Access;
  readonly sessions: DecidingSessions;
  /** Told what would go over a limit, for the log. */
  readonly quotaPassed?: QuotaNote | undefined;
  /** Absent where there is nothing to reconfigure: on a server that stands alone. */
  readonly reconfigure?: Reconfigure | undefined;
}

/**
 * One write: its request, and the number and time it gets; with the tools by name, as every rule wants them. A class
 * because an object spread out of the tools takes longer to make than most writes take to decide.
 */
export class PrepareContext implements PrepareTools {
  readonly options: PrepareOptions;
  readonly tree: TreeReader;
  readonly outstanding: Outstanding;
  readonly access: Access;
  readonly sessions: DecidingSessions;
  readonly quotaPassed: QuotaNote | undefined;
  readonly reconfigure: Reconfigure | undefined;
  readonly request: Request;
  readonly zxid: bigint;
  readonly timeMs: bigint;
  /** On the monotonic clock, for session deadlines. */
  readonly nowMs: number;

  constructor(tools: PrepareTools, request: Request, zxid: bigint, timeMs: bigint, nowMs: number) {
    this.options = tools.options;
    this.tree = tools.tree;
    this.outstanding = tools.outstanding;
    this.access = tools.access;
    this.sessions = tools.sessions;
    this.quotaPassed = tools.quotaPassed;
    this.reconfigure = tools.reconfigure;
    this.request = request;
    this.zxid = zxid;
    this.timeMs = timeMs;
    this.nowMs = nowMs;
  }
}

/** The request's record. @throws WireError when the bytes are none; more bytes than needed do not matter, as in Apache's */
export function decodeBody<T>(codec: Codec<T>, request: Request): T {
  return codec.read(new JuteReader(request.body));
}

/** @throws KeeperError UnknownSession or SessionExpired */
export function checkSession(context: PrepareContext): void {
  const { sessionId, owner } = context.request;
  const code = context.sessions.check(sessionId, owner);
  if (code !== 0) refuse(code);
}

/** @throws KeeperError BadArguments */
export function checkPath(path: string): void {
  if (pathProblem(path) !== null) refuse(ErrorCode.BadArguments, path);
}

/** @throws KeeperError NoAuth */
export function checkAccess(context: PrepareContext, acl: readonly Acl[], perm: number, path: string): void {
  if (!context.access.allows(acl, perm, context.request.identities)) refuse(ErrorCode.NoAuth, path);
}

/**
 * The ACL to store.
 *
 * @throws KeeperError InvalidAcl
 */
export function fixedAcl(context: PrepareContext, acl: readonly Acl[] | null, path: string): readonly Acl[] {
  return context.access.fixup(acl, context.request.identities) ?? refuse(ErrorCode.InvalidAcl, path);
}

/**
 * The version after a change (checkAndIncVersion).
 *
 * @param expected -1 stands for any
 * @throws KeeperError BadVersion
 */
export function nextVersion(current: number, expected: number, path: string): number {
  if (expected !== -1 && expected !== current) refuse(ErrorCode.BadVersion, path);
  return (current + 1) | 0;
}

/** The parent's path as Apache cuts it off: '' for the root; the path is judged later. -1 slash is the caller's business. */
export function rawParent(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Paths that nobody deletes (DataTree.isSpecialPath). */
export function isSpecialPath(path: string): boolean {
  return path === '/' || path === '/zookeeper' || path === '/zookeeper/quota' || path === CONFIG_PATH;
}
