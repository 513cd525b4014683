/** Records that many requests and replies are made of. */

import type { Acl, Id } from '../../model/acl.ts';
import type { Stat } from '../../model/stat.ts';
import { int, long, record, ustring, type Codec } from '../jute/codec.ts';

/** Stat, 68 bytes (facts 1.10). */
export const StatRecord: Codec<Stat> = record('Stat', {
  czxid: long,
  mzxid: long,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  dataLength: int,
  numChildren: int,
  pzxid: long,
});

export const IdRecord: Codec<Id> = record('Id', { scheme: ustring, id: ustring });

export const AclRecord: Codec<Acl> = record('ACL', { perms: int, id: IdRecord });
