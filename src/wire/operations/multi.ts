/**
 * multi and multiRead: several operations as one (facts 1.6). Each part follows a MultiHeader; a header
 * of type -1 with `done` set ends the list. A failed multi has a reply header without error: the parts
 * say what failed.
 */

import type { Stat } from '../../model/stat.ts';
import { WireError } from '../../model/errors.ts';
import type { Codec } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { ErrorResponse, MultiHeader } from '../records/headers.ts';
import { check, type CheckVersionRequest } from './check.ts';
import { create, type CreateRequest } from './create.ts';
import { create2 } from './create2.ts';
import { createContainer } from './create-container.ts';
import { createTtl, type CreateTtlRequest } from './create-ttl.ts';
import { deleteNode, type DeleteRequest } from './delete.ts';
import type { PathWatchRequest } from './exists.ts';
import { getChildren } from './get-children.ts';
import { getData } from './get-data.ts';
import { setData, type SetDataRequest } from './set-data.ts';

/** One part of a multi; `type` is the operation's code. */
export type MultiOp =
  | { readonly type: 1 | 15 | 19; readonly request: CreateRequest }
  | { readonly type: 21; readonly request: CreateTtlRequest }
  | { readonly type: 2; readonly request: DeleteRequest }
  | { readonly type: 5; readonly request: SetDataRequest }
  | { readonly type: 13; readonly request: CheckVersionRequest };

/** One part of a multiRead. */
export type MultiReadOp = { readonly type: 4 | 8; readonly request: PathWatchRequest };

/** The result of one part; type -1 is a failure, with 0 for a part that was undone. */
export type MultiResult =
  | { readonly type: 1; readonly path: string }
  | { readonly type: 15; readonly path: string; readonly stat: Stat }
  | { readonly type: 2 | 13 }
  | { readonly type: 5; readonly stat: Stat }
  | { readonly type: 4; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: 8; readonly children: readonly string[] }
  | { readonly type: -1; readonly err: number };

const END: MultiHeader = { type: -1, done: true, err: -1 };

const WRITE_PARTS = new Map<number, Codec<never>>(
  [create, create2, createContainer, createTtl, deleteNode, setData, check].map((op) => [
    op.code,
    op.request as unknown as Codec<never>,
  ]),
);
const READ_PARTS = new Map<number, Codec<never>>(
  [getChildren, getData].map((op) => [op.code, op.request as unknown as Codec<never>]),
);

function requestCodec<Op extends { readonly type: number; readonly request: unknown }>(
  name: string,
  parts: ReadonlyMap<number, Codec<never>>,
): Codec<readonly Op[]> {
  return {
    name,
    bytesMin: 9,
    read(r) {
      const ops: Op[] = [];
      for (;;) {
        const header = MultiHeader.read(r);
        if (header.done) return ops;
        const codec = parts.get(header.type) as Codec<unknown> | undefined;
        if (codec === undefined) throw new WireError(`operation ${header.type} within a ${name}`);
        ops.push({ type: header.type, request: codec.read(r) } as Op);
      }
    },
    write(w, ops) {
      for (const op of ops) {
        MultiHeader.write(w, { type: op.type, done: false, err: -1 });
        const codec = parts.get(op.type) as Codec<unknown> | undefined;
        if (codec === undefined) throw new WireError(`operation ${op.type} within a ${name}`);
        codec.write(w, op.request);
      }
      MultiHeader.write(w, END);
    },
  };
}

const RESULT_PARTS = new Map<number, Codec<unknown>>(
  [create, create2, setData, getData, getChildren].map((op) => [op.code, op.response as unknown as Codec<unknown>]),
);

/** The results of a multi or multiRead. */
export const MultiResponse: Codec<readonly MultiResult[]> = {
  name: 'MultiResponse',
  bytesMin: 9,
  read(r) {
    const results: MultiResult[] = [];
    for (;;) {
      const header = MultiHeader.read(r);
      if (header.done) return results;
      results.push(readResult(header.type, r));
    }
  },
  write(w, results) {
    for (const result of results) {
      const err = result.type === -1 ? result.err : 0;
      MultiHeader.write(w, { type: result.type, done: false, err });
      if (result.type === -1) ErrorResponse.write(w, { err });
      else RESULT_PARTS.get(result.type)?.write(w, result);
    }
    MultiHeader.write(w, END);
  },
};

function readResult(type: number, r: Parameters<Codec<unknown>['read']>[0]): MultiResult {
  if (type === -1) return { type, err: ErrorResponse.read(r).err };
  if (type === deleteNode.code || type === check.code) return { type: type as 2 | 13 };
  const codec = RESULT_PARTS.get(type);
  if (codec === undefined) throw new WireError(`a result of type ${type} within a multi`);
  return { type, ...(codec.read(r) as object) } as MultiResult;
}

export const MultiRequest = requestCodec<MultiOp>('multi', WRITE_PARTS);
export const MultiReadRequest = requestCodec<MultiReadOp>('multiRead', READ_PARTS);

export const multi = operation({
  name: 'multi',
  code: 14,
  request: MultiRequest,
  response: MultiResponse,
  writes: true,
  permission: null,
  since: '3.4',
});

export const multiRead = operation({
  name: 'multiRead',
  code: 22,
  request: MultiReadRequest,
  response: MultiResponse,
  writes: false,
  permission: null,
  since: '3.6.0',
});
