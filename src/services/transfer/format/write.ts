/** Records to lines (format/layout.ts). In: header, nodes, trailer. Out: text, each line with its end. */

import { decodeUtf8, encodeUtf8 } from '../../../base/text.ts';
import { equalBytes } from '../../../base/bytes.ts';
import { equalIds, formatAcl, OPEN_ACL, equalAcls, parseAcl, type Acl } from '../../../model/acl.ts';
import type { Stat } from '../../../model/stat.ts';
import { formatId } from '../../../model/zxid.ts';
import type { Base64, Sha256 } from '../ports.ts';
import type { NodeRecord } from '../record.ts';
import { CHECKSUM_KEY, FORMAT_NAME, TRAILER_START, type ExportHeader, type ExportTrailer } from './layout.ts';

/** Data that begins with a byte below this one is hardly text. */
const FIRST_PRINTABLE = 0x09;
/** A short text stays one, whatever its escapes cost. */
const ESCAPES_FREE = 64;

/** The first line. */
export function headerLine({ version, source, server, root, atMs, zxid, options }: ExportHeader): string {
  const fields = { format: FORMAT_NAME, version, source, server, root, atMs, zxid: idText(zxid), options };
  return `${JSON.stringify(fields)}\n`;
}

/** The line of a node. */
export function nodeLine(record: NodeRecord, base64: Base64): string {
  const { path, kind, ttlMs, data, acl, aclMasked, stat, changed } = record;
  let line = `{"path":${JSON.stringify(path)}`;
  if (kind !== 'persistent') line += `,"kind":"${kind}"`;
  if (ttlMs !== null) line += `,"ttlMs":${ttlMs}`;
  line += dataField(data, base64);
  if (acl === null) line += ',"acl":null';
  else if (!equalAcls(acl, OPEN_ACL)) line += `,"acl":${JSON.stringify(acl.map(aclEntry))}`;
  if (aclMasked) line += ',"aclMasked":true';
  if (changed) line += ',"changed":true';
  return `${line}${stat === null ? '' : statField(stat)}}\n`;
}

/**
 * The last line.
 *
 * @param sum has taken every line before; takes the trailer's own part, too
 */
export function trailerLine({ nodes, bytes, changed, left, zxid }: ExportTrailer, sum: Sha256): string {
  const fields = JSON.stringify({ nodes, bytes, changed, left, zxid: idText(zxid) });
  const covered = `${TRAILER_START},${fields.slice(1, -1)}${CHECKSUM_KEY}`;
  sum.update(encodeUtf8(covered));
  return `${covered}${sum.hex()}"}\n`;
}

const idText = (id: bigint | null): string | null => (id === null ? null : formatId(id));

/** Text where the bytes are exactly the UTF-8 of some text and do not grow by it, else base64. */
function dataField(data: Uint8Array | null, base64: Base64): string {
  if (data === null) return ',"data":null';
  const text = exactText(data);
  if (text !== null) {
    const quoted = JSON.stringify(text);
    // Only ASCII is escaped, so that the text grows by as many bytes as characters: six for a control character.
    const grownBytes = quoted.length - 2 - text.length;
    if (grownBytes <= data.length / 3 + ESCAPES_FREE) return `,"text":${quoted}`;
  }
  return `,"base64":"${base64.encode(data)}"`;
}

function exactText(data: Uint8Array): string | null {
  if (data.length === 0) return '';
  if ((data[0] as number) < FIRST_PRINTABLE) return null;
  const text = decodeUtf8(data);
  // One replacement character is three bytes: where there is none, nothing was replaced.
  if (!text.includes('\ufffd')) return text;
  return equalBytes(encodeUtf8(text), data) ? text : null;
}

/** zkCli's form where it says everything, else an object. */
function aclEntry(acl: Acl): string | { perms: number; scheme: string; id: string } {
  const text = formatAcl(acl);
  const back = parseAcl(text);
  const exact = back !== null && back.perms === acl.perms && equalIds(back.id, acl.id);
  return exact ? text : { perms: acl.perms, scheme: acl.id.scheme, id: acl.id.id };
}

/** Ids as hex text and times as numbers, in the order of the Stat record. */
function statField(stat: Stat): string {
  const { czxid, mzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, numChildren, pzxid } = stat;
  return (
    `,"stat":["${formatId(czxid)}","${formatId(mzxid)}",${timeText(ctime)},${timeText(mtime)},${version},${cversion},` +
    `${aversion},"${formatId(ephemeralOwner)}",${numChildren},"${formatId(pzxid)}"]`
  );
}

/** A clock that is far out gives a time that JSON's numbers cannot hold. */
function timeText(time: bigint): string {
  const exact = time >= BigInt(Number.MIN_SAFE_INTEGER) && time <= BigInt(Number.MAX_SAFE_INTEGER);
  return exact ? time.toString() : `"${time}"`;
}
