/** A node as it was, as a line of an operation's file: JSON, with data in base64 and 64-bit values in decimal. */

import * as v from 'valibot';
import { AclShape } from '../../contract/shapes.ts';
import { UsageError } from '../../model/errors.ts';
import type { BeforeImage } from '../transfer/api.ts';
import type { Base64 } from '../transfer/ports.ts';

const Id = v.pipe(v.string(), v.regex(/^-?\d{1,20}$/), v.transform((text) => BigInt(text)));

const StatLine = v.object({
  czxid: Id, mzxid: Id, ctime: Id, mtime: Id, ephemeralOwner: Id, pzxid: Id,
  version: v.number(), cversion: v.number(), aversion: v.number(), dataLength: v.number(), numChildren: v.number(),
});

const EntryLine = v.object({
  path: v.string(),
  action: v.picklist(['delete', 'setData', 'setAcl']),
  data: v.nullable(v.string()),
  acl: v.nullable(v.array(AclShape)),
  aclMasked: v.boolean(),
  kind: v.picklist(['persistent', 'ephemeral', 'container', 'ttl']),
  ttlMs: v.nullable(Id),
  stat: StatLine,
  after: v.nullable(v.string()),
  again: v.optional(v.literal(true)),
});

/** What a journal keeps of one node. */
export interface KeptImage extends BeforeImage {
  /** The print of the data, or the ACL, that was written in its place; null where it is not known. */
  readonly after: string | null;
}

/** One line, without its end. */
export function entryLine(image: KeptImage, base64: Base64): string {
  const { stat, data, ttlMs, ...rest } = image;
  const plain = Object.fromEntries(Object.entries(stat).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : (value as number)]));
  return JSON.stringify({
    ...rest,
    data: data === null ? null : base64.encode(data),
    ttlMs: ttlMs === null ? null : ttlMs.toString(),
    stat: plain,
  });
}

/** Reads a line. @throws UsageError HistoryDamaged */
export function parseEntry(text: string, base64: Base64): KeptImage {
  const damaged = (): UsageError => new UsageError('HistoryDamaged', 'the journal of this operation cannot be read');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged();
  }
  const parsed = v.safeParse(EntryLine, value);
  if (!parsed.success) throw damaged();
  const { data, ...rest } = parsed.output;
  const bytes = data === null ? null : base64.decode(data);
  if (data !== null && bytes === null) throw damaged();
  return { ...rest, data: bytes };
}
