/** How the reply of each operation becomes what the caller gets. One constant for each operation. */

import { ErrorCode } from '../model/error-code.ts';
import { WireError } from '../model/errors.ts';
import type { Acl } from '../model/acl.ts';
import type { Stat } from '../model/stat.ts';
import type { JuteReader } from '../wire/jute/jute-reader.ts';
import type { Operation } from '../wire/operation.ts';
import { Create2Response, create2 } from '../wire/operations/create2.ts';
import { createContainer } from '../wire/operations/create-container.ts';
import { createTtl } from '../wire/operations/create-ttl.ts';
import { deleteNode } from '../wire/operations/delete.ts';
import { exists, StatResponse } from '../wire/operations/exists.ts';
import { getAcl, GetAclResponse, PathRecord } from '../wire/operations/get-acl.ts';
import { getChildren2, GetChildren2Response } from '../wire/operations/get-children.ts';
import { getData, GetDataResponse } from '../wire/operations/get-data.ts';
import { multi, multiRead, MultiResponse } from '../wire/operations/multi.ts';
import {
  getAllChildrenNumber, GetAllChildrenNumberResponse, getEphemerals, GetEphemeralsResponse, whoAmI, WhoAmIResponse,
} from '../wire/operations/queries.ts';
import { setAcl } from '../wire/operations/set-acl.ts';
import { setData } from '../wire/operations/set-data.ts';
import { sync } from '../wire/operations/sync.ts';
import { addWatch, checkWatches, removeWatches, setWatches, setWatches2 } from '../wire/operations/watches.ts';
import { closeSession } from '../wire/operations/session.ts';
import { StatRecord } from '../wire/records/shared.ts';
import type { MultiResult, ReplyInfo, WithStat } from './api.ts';
import type { Call, CallKind } from './call.ts';
import { resultsWithoutChroot, withoutChroot } from './chroot.ts';
import { MultiError } from './multi-error.ts';

type Created = WithStat & { readonly path: string };
type Data = WithStat & { readonly data: Uint8Array | null };
type Multi = { readonly results: readonly MultiResult[]; readonly reply: ReplyInfo };

function kind<Out>(
  operation: Pick<Operation<never, never>, 'name' | 'code'>,
  finish: (reader: JuteReader, call: Call, reply: ReplyInfo) => Out,
  recover?: (err: number, call: Call, reply: ReplyInfo) => Out | undefined,
): CallKind<Out> {
  const { name, code } = operation;
  return recover === undefined ? { name, code, finish } : { name, code, finish, recover };
}

/** The bytes of a reply lie in the socket's memory: what is given away is a copy. */
const copy = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : bytes.slice());

const nothing = (): void => undefined;
const onlyReply = (_reader: JuteReader, _call: Call, reply: ReplyInfo): ReplyInfo => reply;
const withStat = (reader: JuteReader, _call: Call, reply: ReplyInfo): WithStat => ({
  stat: StatResponse.read(reader).stat,
  reply,
});

const created = (reader: JuteReader, call: Call, reply: ReplyInfo): Created => {
  const { path, stat } = Create2Response.read(reader);
  return { path: withoutChroot(call.chroot, path), stat, reply };
};
export const CREATE = kind(create2, created);
export const CREATE_CONTAINER = kind(createContainer, created);
export const CREATE_TTL = kind(createTtl, created);
export const DELETE = kind(deleteNode, nothing);

export const EXISTS = kind<{ readonly stat: Stat | null; readonly reply: ReplyInfo }>(
  exists,
  withStat,
  (err, _call, reply) => (err === ErrorCode.NoNode ? { stat: null, reply } : undefined),
);

export const GET_DATA = kind<Data>(getData, (reader, _call, reply) => {
  const { data, stat } = GetDataResponse.read(reader);
  return { data: copy(data), stat, reply };
});

export const SET_DATA = kind(setData, withStat);
export const SET_ACL = kind(setAcl, withStat);

export const GET_ACL = kind<WithStat & { readonly acl: readonly Acl[] }>(getAcl, (reader, _call, reply) => {
  const { acl, stat } = GetAclResponse.read(reader);
  return { acl, stat, reply };
});

export const GET_CHILDREN = kind<WithStat & { readonly children: readonly string[] }>(
  getChildren2,
  (reader, _call, reply) => {
    const { children, stat } = GetChildren2Response.read(reader);
    return { children, stat, reply };
  },
);

/** Walks over the names without reading them: their lengths are checked, nothing is made for them. */
export const GET_CHILDREN_RAW = kind<WithStat & { readonly names: Uint8Array; readonly count: number }>(
  getChildren2,
  (reader, _call, reply) => {
    const start = reader.offset;
    const count = reader.count(4) ?? 0;
    for (let i = 0; i < count; i++) {
      const length = reader.int();
      if (length < 0) throw new WireError(`a name of ${length} bytes at offset ${reader.offset - 4}`);
      reader.skip(length);
    }
    // A null list has a count of -1 on the wire; it is handed on as the empty one that it means.
    const names = count === 0 ? new Uint8Array(4) : reader.copyFrom(start);
    return { names, count, stat: StatRecord.read(reader), reply };
  },
);

export const SYNC = kind(sync, (reader, _call, reply) => {
  PathRecord.read(reader);
  return reply;
});

export const MULTI = kind<Multi>(multi, (reader, call, reply) => {
  const results = MultiResponse.read(reader);
  const failedIndex = results.findIndex((result) => result.type === -1 && result.err !== ErrorCode.Ok);
  const failed = results[failedIndex];
  if (failed?.type === -1) {
    const path = call.partPaths?.[failedIndex] ?? null;
    throw new MultiError(failed.err, path, resultsWithoutChroot(call.chroot, results), failedIndex);
  }
  return { results: resultsWithoutChroot(call.chroot, results), reply };
});

export const MULTI_READ = kind<Multi>(multiRead, (reader, _call, reply) => {
  const results = MultiResponse.read(reader);
  return { results: results.map((each) => (each.type === 4 ? { ...each, data: copy(each.data) } : each)), reply };
});

export const ADD_WATCH = kind(addWatch, nothing);
export const CHECK_WATCHES = kind(checkWatches, nothing);
export const REMOVE_WATCHES = kind(removeWatches, nothing);
export const SET_WATCHES = kind(setWatches, nothing);
export const SET_WATCHES2 = kind(setWatches2, nothing);
export const CLOSE_SESSION = kind(closeSession, onlyReply);

export const GET_EPHEMERALS = kind<readonly string[]>(getEphemerals, (reader, call) => {
  const { ephemerals } = GetEphemeralsResponse.read(reader);
  return ephemerals.map((path) => withoutChroot(call.chroot, path));
});

export const GET_ALL_CHILDREN_NUMBER = kind<number>(
  getAllChildrenNumber,
  (reader) => GetAllChildrenNumberResponse.read(reader).totalNumber,
);

export const WHO_AM_I = kind<readonly { readonly authScheme: string; readonly user: string }[]>(
  whoAmI,
  (reader) => WhoAmIResponse.read(reader).clientInfo,
);
