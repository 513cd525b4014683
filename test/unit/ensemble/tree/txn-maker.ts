/**
 * Seeded random transactions that a server could have made, in order: every kind of node, sessions that come and go,
 * multis that succeed and fail, errors. Looks at a tree only through TreeReader, so any implementation serves.
 */

import { below, type Random } from '../../../../src/base/random.ts';
import type { TreeReader } from '../../../../src/ensemble/tree/api.ts';
import type { Transaction, TxnBody } from '../../../../src/ensemble/txn/transaction.ts';
import { OPEN_ACL, Perms, type Acl } from '../../../../src/model/acl.ts';
import { joinPath, parentPath } from '../../../../src/model/zpath.ts';

const ACLS: readonly (readonly Acl[])[] = [
  OPEN_ACL,
  OPEN_ACL,
  [{ perms: Perms.READ, id: { scheme: 'world', id: 'anyone' } }],
  [{ perms: Perms.ALL, id: { scheme: 'digest', id: 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=' } }, ...OPEN_ACL],
  [{ perms: Perms.ALL, id: { scheme: 'ip', id: '10.0.0.1/8' } }, ...OPEN_ACL],
];
const NAMES = ['a', 'b', 'c', 'd', 'lock', 'config', '节点', 'with space', 'x'.repeat(60)];
const FIRST_SESSION = 0x100_0000_0000_0001n;

export interface TxnMakerOptions {
  /** Nodes are kept below this many. */
  readonly nodesMax?: number;
  readonly dataBytesMax?: number;
  readonly firstZxid?: bigint;
  /**
   * Some creates as before 3.4, without the parent's cversion, and closeSessions as before 3.6, without paths. Over a
   * fuzzy snapshot their replay is not exact, in Apache either: that is why they were changed.
   */
  readonly oldForms?: boolean;
  readonly sessions?: number;
}

export class TxnMaker {
  readonly #random: Random;
  readonly #tree: TreeReader;
  readonly #options: Required<TxnMakerOptions>;
  readonly sessions: bigint[] = [];
  #zxid: bigint;
  #timeMs = 1_700_000_000_000n;
  #nextSession = FIRST_SESSION;
  /** Paths that exist, for choosing; may hold some that are gone. */
  #paths = ['/'];

  constructor(random: Random, tree: TreeReader, options: TxnMakerOptions = {}) {
    this.#random = random;
    this.#tree = tree;
    this.#options = { nodesMax: 300, dataBytesMax: 300, firstZxid: 1n, oldForms: false, sessions: 4, ...options };
    this.#zxid = this.#options.firstZxid - 1n;
  }

  /** The next transaction; it must be applied to the tree before the one after it is asked for. */
  next(): Transaction {
    this.#timeMs += BigInt(below(this.#random, 5000));
    const [sessionId, body] = this.#choose();
    const header = { sessionId, cxid: below(this.#random, 1000), zxid: ++this.#zxid, timeMs: this.#timeMs, type: body.type };
    return { header, body, digest: null };
  }

  #choose(): [bigint, TxnBody] {
    if (this.sessions.length === 0 || (this.sessions.length < this.#options.sessions && this.#chance(5))) {
      this.sessions.push(this.#nextSession++);
      return [this.sessions.at(-1) as bigint, { type: -10, timeoutMs: 4000 + below(this.#random, 40_000) }];
    }
    const session = this.#pick(this.sessions);
    if (this.#chance(2)) {
      this.sessions.splice(this.sessions.indexOf(session), 1);
      const paths = this.#options.oldForms && this.#chance(50) ? null : [...this.#tree.ephemeralsOf(session)];
      return [session, { type: -11, paths }];
    }
    if (this.#chance(8)) return [session, this.#multi()];
    return [session, this.#single(new Set())];
  }

  /** @param touched paths that earlier parts of the same multi changed: parts must not depend on each other here */
  #single(touched: Set<string>): TxnBody {
    const dice = below(this.#random, 100);
    if (dice < 3) return { type: -1, err: -101 };
    const path = this.#existing();
    if (dice < 50 && this.#tree.nodeCount < this.#options.nodesMax) {
      const body = this.#create(path, touched);
      if (body !== null) return body;
    }
    const node = this.#tree.node(path);
    if (node === undefined || touched.has(path) || path.startsWith('/zookeeper')) return { type: -1, err: -110 };
    touched.add(path);
    if (dice < 75) return { type: 5, path, data: this.#data(), version: node.version + 1 };
    if (dice < 80) return { type: 7, path, acl: this.#pick(ACLS), version: node.aversion + 1 };
    if (path === '/' || node.childCount > 0 || touched.has(parentPath(path) ?? '')) return { type: -1, err: -111 };
    touched.add(parentPath(path) ?? '');
    return { type: this.#chance(10) ? 20 : 2, path };
  }

  #create(parent: string, touched: Set<string>): TxnBody | null {
    const node = this.#tree.node(parent);
    const forEphemeral = this.#tree.stat(parent)?.ephemeralOwner !== 0n;
    if (node === undefined || forEphemeral || touched.has(parent) || parent.startsWith('/zookeeper')) return null;
    const path = joinPath(parent, `${this.#pick(NAMES)}${below(this.#random, 20)}`);
    if (this.#tree.node(path) !== undefined) return null;
    touched.add(parent).add(path);
    this.#paths.push(path);
    const parentCVersion = this.#options.oldForms && this.#chance(2) ? -1 : node.cversion + 1;
    const common = { path, data: this.#data(), acl: this.#pick(ACLS), parentCVersion };
    const kind = below(this.#random, 20);
    if (kind === 0) return { type: 19, ...common };
    if (kind === 1) return { type: 21, ...common, ttlMs: BigInt(1 + below(this.#random, 1_000_000)) };
    return { type: kind % 2 === 0 ? 1 : 15, ...common, ephemeral: kind < 6 };
  }

  #multi(): TxnBody {
    const touched = new Set<string>();
    const count = below(this.#random, 5);
    const failsAt = this.#chance(30) ? below(this.#random, count + 1) : count;
    const parts: TxnBody[] = [];
    for (let i = 0; i < count; i++) {
      if (i > failsAt) parts.push({ type: -1, err: -2 });
      else if (i === failsAt) parts.push({ type: -1, err: -103 });
      else parts.push(this.#part(touched));
    }
    return { type: 14, parts };
  }

  #part(touched: Set<string>): TxnBody {
    const part = this.#single(touched);
    // Apache up to 3.8 applies no create2 inside a multi, and silently drops the rest of it.
    if (part.type === 15) return { ...part, type: 1 };
    // An error here would fail the whole; a check does no harm. Apache applies no setACL inside a multi.
    return part.type === -1 || part.type === 7 || part.type === 20 ? { type: 13, path: '/', version: -1 } : part;
  }

  #existing(): string {
    for (let tries = 0; tries < 20; tries++) {
      const path = this.#pick(this.#paths);
      if (this.#tree.node(path) !== undefined) return path;
      this.#paths.splice(this.#paths.indexOf(path), 1);
    }
    return '/';
  }

  #data(): Uint8Array | null {
    if (this.#chance(5)) return null;
    const bytes = new Uint8Array(below(this.#random, this.#options.dataBytesMax + 1));
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#random.uint32();
    return bytes;
  }

  #chance(percent: number): boolean {
    return below(this.#random, 100) < percent;
  }

  #pick<T>(items: readonly T[]): T {
    return items[below(this.#random, items.length)] as T;
  }
}

