/**
 * zk_shell's exports (github.com/rgs1/zk_shell: `cp` and `mirror` to `json://...`, JSONProxy in copy_util.py): one
 * JSON object from absolute paths to `{ "content": base64 or null, "acls": [{ "perms", "id": { "scheme", "id" } }] }`,
 * in any order. It holds no kinds; ephemerals are left out by zk_shell.
 */

import { OPEN_ACL, Perms, type Acl } from '../../../model/acl.ts';
import { pathProblem } from '../../../model/zpath.ts';
import { badExport } from '../format/layout.ts';
import { relativePath } from '../order.ts';
import type { Base64 } from '../ports.ts';
import type { NodeRecord } from '../record.ts';
import { foreignRecord, inOrder, type ForeignNode } from './in-order.ts';

/**
 * Reads one.
 *
 * @returns its nodes below `/`, in order
 * @throws UsageError BadExport with the line and the reason
 */
export function readZkShell(text: string, base64: Base64): NodeRecord[] {
  const tree = parseObject(text);
  const nodes: ForeignNode[] = [];
  for (const [path, value] of Object.entries(tree)) {
    const refuse = (reason: string): never => {
      throw badExport(lineOfKey(text, path), `${path}: ${reason}`);
    };
    const problem = pathProblem(path);
    if (problem !== null) refuse(problem);
    const entry = isObject(value) ? value : refuse('no object');
    const record = foreignRecord(relativePath('/', path), contentOf(entry['content'], base64, refuse), aclsOf(entry['acls'], refuse));
    nodes.push({ record, line: 0 });
  }
  if (nodes.length === 0) throw badExport(1, 'no node in it');
  return inOrder(nodes);
}

type Refuse = (reason: string) => never;
type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /at position (\d+)/.exec(message)?.[1];
    const truncated = position === undefined || Number(position) >= text.trimEnd().length;
    throw badExport(lineAt(text, truncated ? text.length : Number(position)), truncated ? 'truncated: its JSON ends too early' : 'no JSON');
  }
  return isObject(value) ? value : { '': value };
}

function contentOf(content: unknown, base64: Base64, refuse: Refuse): Uint8Array | null {
  if (content === null) return null;
  if (typeof content !== 'string') return refuse('content: neither text nor null');
  return base64.decode(content) ?? refuse('content: not base64');
}

/** What is missing has the defaults of zk_shell (ACLReader.from_dict, ZKProxy.write_path): open to the world. */
function aclsOf(acls: unknown, refuse: Refuse): readonly Acl[] {
  if (acls === undefined) return OPEN_ACL;
  if (!Array.isArray(acls)) return refuse('acls: no list');
  if (acls.length === 0) return OPEN_ACL;
  return acls.map((entry: unknown) => {
    const { perms = Perms.ALL, id = {} } = isObject(entry) ? entry : refuse('acls: no entry');
    const { scheme = 'world', id: name = 'anyone' } = isObject(id) ? id : refuse('acls: no id');
    if (!Number.isInteger(perms) || ((perms as number) | 0) !== perms) return refuse('acls: perms: no 32-bit number');
    if (typeof scheme !== 'string' || typeof name !== 'string') return refuse('acls: no id');
    return { perms: perms as number, id: { scheme, id: name } };
  });
}

function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Python escapes what is not ASCII, other writers do not. */
function lineOfKey(text: string, key: string): number {
  const quoted = JSON.stringify(key);
  const escaped = quoted.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const at = Math.max(text.indexOf(`${quoted}:`), text.indexOf(`${escaped}:`));
  return at < 0 ? 0 : lineAt(text, at);
}
