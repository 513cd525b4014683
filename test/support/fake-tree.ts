/** A tree of nodes in memory with a small sample in it, for the fake backend: plain, exact enough to look at. */

import type { RowStat } from '../../src/contract/nodes.ts';
import type { InferOutput } from 'valibot';
import type { Acl } from '../../src/model/acl.ts';
import type { Stat } from '../../src/model/stat.ts';
import { nodeName, parentPath, pathLineage } from '../../src/model/zpath.ts';

export interface FakeNode {
  data: Uint8Array<ArrayBuffer> | null;
  acl: Acl[];
  stat: Stat;
  readonly children: Map<string, FakeNode>;
  /** This session may not read it. */
  locked: boolean;
  /** Listing it takes this long, ms. */
  slowMs: number;
  /** Listing it fails with this code. */
  failsWith: string | null;
}

const OPEN: Acl[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const BEGAN_MS = 1_790_000_000_000n;

export class FakeTree {
  readonly root: FakeNode;
  zxid = 0x7_0000_0000n;

  constructor() {
    this.root = this.#newNode(null, 0n);
  }

  #newNode(data: Uint8Array<ArrayBuffer> | null, owner: bigint): FakeNode {
    this.zxid += 1n;
    const at = BEGAN_MS + (this.zxid & 0xff_ffffn) * 1000n;
    const stat: Stat = {
      czxid: this.zxid, mzxid: this.zxid, pzxid: this.zxid, ctime: at, mtime: at, version: 0, cversion: 0, aversion: 0,
      ephemeralOwner: owner, dataLength: data?.length ?? 0, numChildren: 0,
    };
    return { data, acl: OPEN, stat, children: new Map(), locked: false, slowMs: 0, failsWith: null };
  }

  find(path: string): FakeNode | undefined {
    let node: FakeNode | undefined = this.root;
    for (const part of pathLineage(path).slice(1)) node = node?.children.get(nodeName(part));
    return node;
  }

  /** Makes a node and any missing parents. */
  put(path: string, data: string | Uint8Array<ArrayBuffer> | null = null, owner = 0n): FakeNode {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const parent = parentPath(path);
    if (parent === null) return this.root;
    const above = this.find(parent) ?? this.put(parent);
    const node = this.#newNode(bytes, owner);
    above.children.set(nodeName(path), node);
    above.stat = { ...above.stat, numChildren: above.children.size, cversion: above.stat.cversion + 1, pzxid: this.zxid };
    return node;
  }

  setData(path: string, data: Uint8Array<ArrayBuffer> | null): FakeNode | undefined {
    const node = this.find(path);
    if (node === undefined) return undefined;
    this.zxid += 1n;
    node.data = data;
    node.stat = { ...node.stat, version: node.stat.version + 1, mzxid: this.zxid, mtime: node.stat.mtime + 60_000n, dataLength: data?.length ?? 0 };
    return node;
  }

  remove(path: string): void {
    const above = this.find(parentPath(path) ?? '/');
    if (above?.children.delete(nodeName(path)) !== true) return;
    this.zxid += 1n;
    above.stat = { ...above.stat, numChildren: above.children.size, cversion: above.stat.cversion + 1, pzxid: this.zxid };
  }

  rowStat(path: string): InferOutput<typeof RowStat> {
    const node = this.find(path);
    if (node === undefined) return { stat: null, locked: null, error: 'NoNode' };
    return { stat: node.stat, locked: node.locked, error: null };
  }

  /** The names of a node's children as a jute vector, in no order, as a server gives them. */
  vectorOf(node: FakeNode): Uint8Array<ArrayBuffer> {
    const names = [...node.children.keys()].map((name) => new TextEncoder().encode(name));
    const shuffled = names.map((_, i) => names[(i * 7919) % names.length] as Uint8Array<ArrayBuffer>);
    const use = names.length % 7919 === 0 ? names : shuffled;
    const out = new Uint8Array(4 + use.reduce((sum, name) => sum + 4 + name.length, 0));
    const view = new DataView(out.buffer);
    view.setInt32(0, use.length);
    let at = 4;
    for (const name of use) {
      view.setInt32(at, name.length);
      out.set(name, at + 4);
      at += 4 + name.length;
    }
    return out;
  }
}

const SESSION = 0x1000_0a3b_5c70_0004n;

/** The tree that the screens are looked at with. */
export function sampleTree(): FakeTree {
  const tree = new FakeTree();
  tree.put('/zookeeper/config', 'server.1=zk1:2888:3888:participant;0.0.0.0:2181\nversion=100000000');
  tree.put('/zookeeper/quota');
  tree.put('/config/app', JSON.stringify({ name: 'orders', replicas: 3, features: { search: true, beta: false }, hosts: ['a', 'b'] }, null, 2));
  tree.put('/config/feature-flags', '{"checkout":"on","recommendations":"canary"}');
  tree.put('/config/log4j.properties', 'log4j.rootLogger=INFO, stdout\nlog4j.appender.stdout=org.apache.log4j.ConsoleAppender\n');
  tree.put('/config/service.yaml', 'service:\n  name: orders\n  port: 8080\n');
  for (const id of [1, 2, 3]) {
    tree.put(`/kafka/brokers/ids/${id}`, JSON.stringify({ host: `broker-${id}.internal`, port: 9092, version: 5 }), SESSION + BigInt(id));
  }
  for (const topic of ['__consumer_offsets', 'orders', 'payments', 'shipments']) {
    for (let partition = 0; partition < 12; partition++) tree.put(`/kafka/brokers/topics/${topic}/partitions/${partition}/state`, '{"leader":1}');
  }
  tree.put('/kafka/controller', '{"version":2,"brokerid":1,"timestamp":"1790000123456"}', SESSION);
  tree.put('/kafka/controller_epoch', '17');
  for (let i = 0; i < 14; i++) tree.put(`/locks/checkout/lock-${String(4_210 + i).padStart(10, '0')}`, null, SESSION + BigInt(i));
  for (let i = 0; i < 300; i++) tree.put(`/queue/qn-${String(i).padStart(10, '0')}`, `job ${i}`);
  for (let i = 0; i < 100_000; i++) tree.put(`/many/item-${String(i).padStart(8, '0')}`, null);
  tree.put('/secrets/database', 'hunter2').locked = true;
  const secrets = tree.find('/secrets');
  if (secrets !== undefined) {
    secrets.locked = true;
    secrets.failsWith = 'NoAuth';
  }
  tree.put('/slow').slowMs = 4_000;
  tree.put('/slow/child');
  tree.put('/unsteady').failsWith = 'ConnectionLoss';
  tree.put('/empty', '');
  tree.put('/blob', Uint8Array.from({ length: 3_000 }, (_, i) => (i * 31) & 255));
  tree.put('/订单服务/配置', '{"语言":"中文"}');
  tree.put('/services/a-very-long-service-name-that-does-not-fit-in-a-narrow-pane-at-all/providers', null);
  for (let depth = 1; depth <= 12; depth++) tree.put(`/deep${'/level'.repeat(depth)}`);
  return tree;
}
