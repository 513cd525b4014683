/**
 * The data tree once more, as simply as it can be said: one object per node in a map by path, everything recomputed
 * from scratch when asked for. Slow on purpose; it is what the real one is compared with.
 */

import { crc32 } from 'node:zlib';
import type { ApplyResult } from '../../../../src/ensemble/tree/api.ts';
import type { TreeChange } from '../../../../src/ensemble/tree/changes.ts';
import type { Transaction, TxnBody, TxnHeader } from '../../../../src/ensemble/txn/transaction.ts';
import { formatAcl, OPEN_ACL, READ_ACL, type Acl } from '../../../../src/model/acl.ts';
import type { Stat } from '../../../../src/model/stat.ts';
import type { WalkedNode } from './walk.ts';

interface SimpleNode {
  data: Uint8Array | null;
  acl: readonly Acl[];
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: bigint;
  mtime: bigint;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
}

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));
const CONTAINER = -(2n ** 63n);
const isTtl = (owner: bigint): boolean => owner < 0n && owner >> 56n === -1n;

export class SimpleTree {
  readonly nodes = new Map<string, SimpleNode>();
  /** Paths in the order in which they became ephemeral, for each session. */
  readonly ephemerals = new Map<bigint, string[]>();

  constructor() {
    for (const path of ['/', '/zookeeper', '/zookeeper/config', '/zookeeper/quota']) this.nodes.set(path, blank(OPEN_ACL));
    const config = this.nodes.get('/zookeeper/config') as SimpleNode;
    config.acl = READ_ACL;
    config.aversion = -1;
  }

  children(path: string): string[] {
    return [...this.nodes.keys()].filter((other) => other !== '/' && parentOf(other) === path).sort();
  }

  apply(txn: Transaction): { result: ApplyResult; changes: TreeChange[] } {
    const changes: TreeChange[] = [];
    return { result: this.#body(txn.header, txn.body, changes), changes };
  }

  #body(header: TxnHeader, body: TxnBody, changes: TreeChange[]): ApplyResult {
    switch (body.type) {
      case 14: {
        const failed = body.parts.findIndex((part) => part.type === -1);
        const parts = body.parts.map((part, i): ApplyResult => {
          if (failed < 0) return this.#body(header, part, changes);
          if (part.type === -1) return { type: -1, err: part.err };
          return { type: -1, err: i < failed ? 0 : -2 };
        });
        return { type: 14, err: 0, parts };
      }
      case -11:
        for (const path of body.paths ?? []) this.#delete(header, path, changes);
        for (const path of [...(this.ephemerals.get(header.sessionId) ?? [])]) this.#delete(header, path, changes);
        return { type: -11, err: 0 };
      case -10:
      case 13:
        return { type: body.type, err: 0 };
      case -1:
        return { type: -1, err: body.err };
      case 2:
      case 20:
        this.#delete(header, body.path, changes);
        return { type: body.type, err: 0 };
      case 7: {
        const node = this.nodes.get(body.path) as SimpleNode;
        node.acl = body.acl;
        node.aversion = body.version;
        return { type: 7, err: 0, path: body.path, stat: this.stat(body.path), data: null };
      }
      case 5:
      case 16: {
        const node = this.nodes.get(body.path) as SimpleNode;
        Object.assign(node, { data: body.data, version: body.version, mzxid: header.zxid, mtime: header.timeMs });
        changes.push({ kind: 'data', path: body.path, zxid: header.zxid, acl: node.acl, parentAcl: this.#acl('/') });
        return { type: body.type, err: 0, path: body.path, stat: this.stat(body.path), data: body.data };
      }
      default:
        return this.#create(header, body, changes);
    }
  }

  #create(header: TxnHeader, body: Extract<TxnBody, { type: 1 | 15 | 19 | 21 }>, changes: TreeChange[]): ApplyResult {
    const parent = this.nodes.get(parentOf(body.path)) as SimpleNode;
    parent.cversion = body.parentCVersion === -1 ? parent.cversion + 1 : body.parentCVersion;
    parent.pzxid = header.zxid;
    const { zxid, timeMs } = header;
    let owner = 0n;
    if (body.type === 19) owner = CONTAINER;
    else if (body.type === 21) owner = BigInt.asIntN(64, 0xff00_0000_0000_0000n + body.ttlMs);
    else if (body.ephemeral) {
      owner = header.sessionId;
      this.ephemerals.set(owner, [...(this.ephemerals.get(owner) ?? []), body.path]);
    }
    const times = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: timeMs, mtime: timeMs };
    this.nodes.set(body.path, { ...blank(body.acl), ...times, data: body.data, owner });
    changes.push({ kind: 'created', path: body.path, zxid, acl: body.acl, parentAcl: parent.acl });
    return { type: body.type, err: 0, path: body.path, stat: this.stat(body.path) };
  }

  #delete(header: TxnHeader, path: string, changes: TreeChange[]): void {
    const node = this.nodes.get(path);
    if (node === undefined) return;
    this.nodes.delete(path);
    const parent = this.nodes.get(parentOf(path)) as SimpleNode;
    parent.pzxid = header.zxid;
    const left = (this.ephemerals.get(node.owner) ?? []).filter((other) => other !== path);
    if (left.length === 0) this.ephemerals.delete(node.owner);
    else this.ephemerals.set(node.owner, left);
    changes.push({ kind: 'deleted', path, zxid: header.zxid, acl: node.acl, parentAcl: parent.acl });
  }

  #acl(path: string): readonly Acl[] {
    return (this.nodes.get(path) as SimpleNode).acl;
  }

  /** A node that is there, as clients see it. */
  stat(path: string): Stat {
    const node = this.nodes.get(path) as SimpleNode;
    const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner } = node;
    const numChildren = this.children(path).length;
    return {
      czxid, mzxid, pzxid, ctime, mtime, version, aversion, numChildren,
      cversion: cversion * 2 - numChildren,
      ephemeralOwner: owner === CONTAINER || isTtl(owner) ? 0n : owner,
      dataLength: node.data?.length ?? 0,
    };
  }

  walk(): WalkedNode[] {
    return [...this.nodes].map(([path, node]) => ({
      path,
      data: node.data === null ? null : Buffer.from(node.data).toString('base64'),
      acl: node.acl.map(formatAcl),
      stat: Object.fromEntries(Object.entries(this.stat(path)).map(([key, value]) => [key, String(value)])),
      children: this.children(path).map((child) => child.slice(child.lastIndexOf('/') + 1)).sort(),
    })).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Facts 4.8, word for word. */
  digest(): bigint {
    let sum = 0n;
    for (const [path, node] of this.nodes) {
      if (path.startsWith('/zookeeper/')) continue;
      const fields = Buffer.alloc(60);
      [node.czxid, node.mzxid, node.pzxid, node.ctime, node.mtime].forEach((value, i) => fields.writeBigInt64BE(value, i * 8));
      [node.version, node.cversion, node.aversion].forEach((value, i) => fields.writeInt32BE(value, 40 + i * 4));
      fields.writeBigInt64BE(node.owner, 52);
      sum += BigInt(crc32(Buffer.concat([Buffer.from(path === '/' ? '' : path), node.data ?? new Uint8Array(0), fields])));
    }
    return BigInt.asIntN(64, sum);
  }

  dataBytes(): number {
    return [...this.nodes].reduce((sum, [path, node]) => sum + path.length + (node.data?.length ?? 0), 0);
  }
}

function blank(acl: readonly Acl[]): SimpleNode {
  return {
    data: new Uint8Array(0), acl, czxid: 0n, mzxid: 0n, pzxid: 0n, ctime: 0n, mtime: 0n,
    version: 0, cversion: 0, aversion: 0, owner: 0n,
  };
}
