/** Records that many requests and replies are made of. */

import type { Acl, Id } from '../../model/acl.ts';
import type { Stat } from '../../model/stat.ts';
import { int, lenientUstring, record, ustring, type Codec } from '../jute/codec.ts';

export const STAT_BYTES = 68;

/**
 * Stat, 68 bytes (facts 1.10). Spelled out instead of described, because nearly every reply holds one:
 * reading a literal is several times as fast.
 */
export const StatRecord: Codec<Stat> = {
  name: 'Stat',
  bytesMin: STAT_BYTES,
  read: (r) => ({
    czxid: r.long(),
    mzxid: r.long(),
    ctime: r.long(),
    mtime: r.long(),
    version: r.int(),
    cversion: r.int(),
    aversion: r.int(),
    ephemeralOwner: r.long(),
    dataLength: r.int(),
    numChildren: r.int(),
    pzxid: r.long(),
  }),
  write(w, v) {
    w.long(v.czxid);
    w.long(v.mzxid);
    w.long(v.ctime);
    w.long(v.mtime);
    w.int(v.version);
    w.int(v.cversion);
    w.int(v.aversion);
    w.long(v.ephemeralOwner);
    w.int(v.dataLength);
    w.int(v.numChildren);
    w.long(v.pzxid);
  },
};

/** The id of `auth` is empty, which some clients write as null. */
export const IdRecord: Codec<Id> = record('Id', { scheme: ustring, id: lenientUstring });

export const AclRecord: Codec<Acl> = record('ACL', { perms: int, id: IdRecord });
