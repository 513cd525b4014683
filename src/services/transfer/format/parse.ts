/** Lines to records (format/layout.ts). Whatever is not as the format says is refused with what is wrong about it. */

import { encodeUtf8 } from '../../../base/text.ts';
import { OPEN_ACL, parseAcl, type Acl } from '../../../model/acl.ts';
import { TTL_MS_MAX } from '../../../model/create-mode.ts';
import type { Stat } from '../../../model/stat.ts';
import { pathProblem } from '../../../model/zpath.ts';
import { parseId } from '../../../model/zxid.ts';
import type { Base64 } from '../ports.ts';
import { KINDS, type Kind, type NodeRecord } from '../record.ts';
import { FORMAT_NAME, FORMAT_VERSION, type ExportHeader, type ExportTrailer } from './layout.ts';

/** Why a line is refused, one clause. Caught where the line's number is known. */
export class LineProblem {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Ends the reading of a line. */
function refuse(reason: string): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- never leaves this folder
  throw new LineProblem(reason);
}

/** The object of a line. */
export function fieldsOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('no JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('no JSON object');
  return value as Fields;
}

/** The first line. A newer version is refused by its number, whatever else the line says. */
export function parseHeader(fields: Fields): ExportHeader {
  if (fields['format'] !== FORMAT_NAME) refuse('not the header of an export');
  const version = wholeNumber(fields['version'], 'version');
  if (version > FORMAT_VERSION) refuse(`format version ${version}; this program reads up to ${FORMAT_VERSION}: use a newer one`);
  if (version < 1) refuse(`format version ${version}`);
  const root = text(fields['root'], 'root');
  const problem = pathProblem(root);
  if (problem !== null) refuse(`root: ${problem}`);
  const options = fields['options'];
  if (typeof options !== 'object' || options === null) refuse('options: missing');
  const { ephemerals, acl, kinds } = options as Fields;
  return {
    version,
    source: text(fields['source'], 'source'),
    server: fields['server'] === null ? null : text(fields['server'], 'server'),
    root,
    atMs: wholeNumber(fields['atMs'], 'atMs'),
    zxid: nullableId(fields['zxid'], 'zxid'),
    options: {
      ephemerals: ephemerals === true,
      acl: acl !== false,
      kinds: kinds === 'data-directory' ? 'data-directory' : 'protocol',
    },
  };
}

/** The line of a node. */
export function parseNode(fields: Fields, base64: Base64): NodeRecord {
  const path = text(fields['path'], 'path');
  const problem = path === '' ? null : pathProblem(`/${path}`);
  if (problem !== null) refuse(`path: ${problem}`);
  const kind = fields['kind'] === undefined ? 'persistent' : fields['kind'];
  if (!KINDS.includes(kind as Kind)) refuse(`kind: ${JSON.stringify(kind)} is none`);
  const data = parseData(fields, base64);
  return {
    path,
    kind: kind as Kind,
    ttlMs: parseTtl(fields['ttlMs'], kind === 'ttl'),
    data,
    acl: fields['acl'] === undefined ? OPEN_ACL : parseAclField(fields['acl']),
    aclMasked: mark(fields['aclMasked'], 'aclMasked'),
    stat: fields['stat'] === undefined ? null : parseStat(fields['stat'], data?.length ?? 0),
    changed: mark(fields['changed'], 'changed'),
  };
}

/** The last line, without its checksum. */
export function parseTrailer(fields: Fields): ExportTrailer & { readonly sha256: string } {
  const left = fields['left'];
  if (typeof left !== 'object' || left === null) refuse('left: missing');
  const count = (name: string): number => wholeNumber((left as Fields)[name] ?? 0, `left.${name}`);
  return {
    nodes: wholeNumber(fields['nodes'], 'nodes'),
    bytes: wholeNumber(fields['bytes'], 'bytes'),
    changed: wholeNumber(fields['changed'], 'changed'),
    left: { ephemeral: count('ephemeral'), system: count('system'), unreadable: count('unreadable'), vanished: count('vanished') },
    zxid: nullableId(fields['zxid'], 'zxid'),
    sha256: text(fields['sha256'], 'sha256'),
  };
}

function parseData(fields: Fields, base64: Base64): Uint8Array | null {
  const present = ['data', 'text', 'base64'].filter((name) => fields[name] !== undefined);
  if (present.length !== 1) refuse('one of data, text and base64 must be there');
  if (fields['text'] !== undefined) return encodeUtf8(text(fields['text'], 'text'));
  if (fields['base64'] !== undefined) return base64.decode(text(fields['base64'], 'base64')) ?? refuse('base64: not base64');
  return fields['data'] === null ? null : refuse('data: only null can stand there');
}

function parseTtl(value: unknown, isTtl: boolean): bigint | null {
  if (!isTtl) return value === undefined ? null : refuse('ttlMs: the node is no TTL node');
  const ttl = wholeNumber(value, 'ttlMs');
  if (ttl < 1 || BigInt(ttl) > TTL_MS_MAX) refuse(`ttlMs: ${ttl} is no time to live`);
  return BigInt(ttl);
}

function parseAclField(value: unknown): readonly Acl[] | null {
  if (value === null) return null;
  if (!Array.isArray(value)) return refuse('acl: no list of entries');
  return value.map((entry: unknown) => {
    if (typeof entry === 'string') return parseAcl(entry) ?? refuse(`acl: ${entry} is no entry`);
    if (typeof entry !== 'object' || entry === null) return refuse('acl: no entry');
    const { perms, scheme, id } = entry as Fields;
    return { perms: permsOf(perms), id: { scheme: text(scheme, 'scheme'), id: text(id, 'id') } };
  });
}

/** The server takes any 32 bits for permissions (PrepRequestProcessor.fixupACL does not look at them). */
function permsOf(value: unknown): number {
  return Number.isInteger(value) && ((value as number) | 0) === value ? (value as number) : refuse('acl: perms: no 32-bit number');
}

/** A mark is there as `true`, or not at all. */
function mark(value: unknown, name: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') return refuse(`${name}: neither true nor false`);
  return value === true;
}

function parseStat(value: unknown, dataLength: number): Stat {
  if (!Array.isArray(value) || value.length !== 10) return refuse('stat: not ten values');
  const [czxid, mzxid, ctime, mtime, version, cversion, aversion, owner, numChildren, pzxid] = value as unknown[];
  const id = (field: unknown): bigint => nullableId(field, 'stat') ?? refuse('stat: no id');
  return {
    czxid: id(czxid),
    mzxid: id(mzxid),
    ctime: time(ctime),
    mtime: time(mtime),
    version: integer(version),
    cversion: integer(cversion),
    aversion: integer(aversion),
    ephemeralOwner: id(owner),
    dataLength,
    numChildren: integer(numChildren),
    pzxid: id(pzxid),
  };
}

function time(value: unknown): bigint {
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value);
  return BigInt(integer(value));
}

function integer(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : refuse('stat: no whole number');
}

function wholeNumber(value: unknown, name: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : refuse(`${name}: no whole number`);
}

function text(value: unknown, name: string): string {
  return typeof value === 'string' ? value : refuse(`${name}: no text`);
}

function nullableId(value: unknown, name: string): bigint | null {
  if (value === null || value === undefined) return null;
  return parseId(text(value, name)) ?? refuse(`${name}: no id`);
}
