/**
 * The sample tree of a fresh local server: read from resources/sample-tree.json, written through the client. In: the
 * file's text. Out: nodes on a server, parents before children.
 */

import * as v from 'valibot';
import { fromHex } from '../../base/bytes.ts';
import { encodeUtf8 } from '../../base/text.ts';
import type { ZooKeeper } from '../../client/api.ts';
import { OPEN_ACL, parsePerms, type Acl } from '../../model/acl.ts';
import { CreateMode } from '../../model/create-mode.ts';
import { KeeperError, UsageError } from '../../model/errors.ts';
import { createPathProblem } from '../../model/zpath.ts';
import { digestId } from '../acl/digest.ts';
import type { Hash } from '../ports.ts';

const COPIES_MAX = 1_000;

const Entry = v.object({
  perms: v.string(),
  scheme: v.string(),
  id: v.optional(v.string(), ''),
  /** For digest: the id is made of this and `id`, the user. */
  password: v.optional(v.string()),
});

const Node = v.object({
  path: v.string(),
  /** At most one of these; none: null data. */
  text: v.optional(v.string()),
  lines: v.optional(v.array(v.string())),
  json: v.optional(v.unknown()),
  hex: v.optional(v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/i))),
  sequential: v.optional(v.boolean(), false),
  /** Removed by the server when its last child is gone. */
  container: v.optional(v.boolean(), false),
  /** Removed by the server when it was not changed for so long and has no children. */
  ttlSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  acl: v.optional(v.array(Entry)),
  /** Written this many times; `#` in path and text is the number, from 1. */
  copies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(COPIES_MAX))),
});
type Node = v.InferOutput<typeof Node>;

const SampleTree = v.object({ about: v.optional(v.string()), nodes: v.array(Node) });

export interface SampleNode {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly mode: CreateMode;
  readonly acl: readonly Acl[];
  /** Of a TTL node. */
  readonly ttlMs: bigint | null;
}

/**
 * Reads the file.
 *
 * @throws UsageError BadSampleTree, naming what is wrong
 */
export async function parseSampleTree(text: string, hash: Hash): Promise<SampleNode[]> {
  const result = v.safeParse(SampleTree, parseJson(text));
  if (!result.success) throw bad(`${v.getDotPath(result.issues[0]) ?? 'document'}: ${result.issues[0].message}`);
  const out: SampleNode[] = [];
  for (const node of result.output.nodes) {
    const acl = await aclOf(node, hash);
    const mode = modeOf(node);
    const ttlMs = node.ttlSeconds === undefined ? null : BigInt(node.ttlSeconds) * 1_000n;
    for (let copy = 1; copy <= (node.copies ?? 1); copy++) {
      const path = numbered(node, node.path, copy);
      const problem = createPathProblem(path, node.sequential);
      if (problem !== null) throw bad(`${path}: ${problem}`);
      out.push({ path, data: dataOf(node, copy), mode, acl, ttlMs });
    }
  }
  return out;
}

/**
 * Writes the tree of the file, unless it was planted before.
 *
 * @param text of resources/sample-tree.json
 * @returns whether it did
 * @throws UsageError BadSampleTree; a ZooError, when the servers do not take it
 */
export async function plantSampleTree(client: ZooKeeper, text: string, hash: Hash): Promise<boolean> {
  const nodes = await parseSampleTree(text, hash);
  const [first] = nodes;
  if (first === undefined || (await client.exists(first.path)).stat !== null) return false;
  await writeSampleTree(client, nodes);
  return true;
}

/**
 * Writes the nodes, in order and pipelined. A node that is there already is left as it is, and one of a kind that the
 * server does not know (TTL nodes need extendedTypesEnabled) is left out.
 *
 * @throws what the client throws
 */
export async function writeSampleTree(client: ZooKeeper, nodes: readonly SampleNode[]): Promise<void> {
  // A session's requests are carried out in the order sent: no need to wait for a parent before its children.
  await Promise.all(
    nodes.map(async ({ path, data, mode, acl, ttlMs }) => {
      try {
        await client.create(path, data, { mode, acl, ...(ttlMs === null ? {} : { ttlMs }) });
      } catch (error) {
        if (!(error instanceof KeeperError)) throw error;
        const unknownKind = error.code === 'Unimplemented' && ttlMs !== null;
        if (error.code !== 'NodeExists' && !unknownKind) throw error;
      }
    }),
  );
}

/** @throws UsageError BadSampleTree when it should be of several kinds at once */
function modeOf({ path, sequential, container, ttlSeconds }: Node): CreateMode {
  if ([sequential, container, ttlSeconds !== undefined].filter(Boolean).length > 1) throw bad(`${path}: a node is of one kind`);
  if (container) return CreateMode.CONTAINER;
  if (ttlSeconds !== undefined) return CreateMode.PERSISTENT_WITH_TTL;
  return sequential ? CreateMode.PERSISTENT_SEQUENTIAL : CreateMode.PERSISTENT;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
}

function dataOf(node: Node, copy: number): Uint8Array | null {
  if (node.hex !== undefined) return fromHex(node.hex);
  if (node.json !== undefined) return encodeUtf8(`${JSON.stringify(node.json, null, 2)}\n`);
  if (node.lines !== undefined) return encodeUtf8(`${node.lines.join('\n')}\n`);
  return node.text === undefined ? null : encodeUtf8(numbered(node, node.text, copy));
}

function numbered(node: Node, text: string, copy: number): string {
  return node.copies === undefined ? text : text.replaceAll('#', String(copy).padStart(3, '0'));
}

async function aclOf(node: Node, hash: Hash): Promise<readonly Acl[]> {
  if (node.acl === undefined) return OPEN_ACL;
  const out: Acl[] = [];
  for (const { perms: letters, scheme, id, password } of node.acl) {
    const perms = parsePerms(letters);
    if (perms === null) throw bad(`${node.path}: permissions ${letters}`);
    out.push({ perms, id: { scheme, id: password === undefined ? id : await digestId(hash, id, password) } });
  }
  return out;
}

function bad(message: string): UsageError {
  return new UsageError('BadSampleTree', `the sample tree cannot be read: ${message}`);
}
