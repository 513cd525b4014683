/** Watches set, checked, removed, and registered again after a reconnect (facts 1.5, 3.3). */

import { int, long, record, ustring, vector, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { ErrorResponse } from '../records/headers.ts';

/** The type is a WatcherType. */
export const WatchesRequest = record('CheckWatchesRequest', { path: ustring, type: int });

export const checkWatches = operation({
  name: 'checkWatches',
  code: 17,
  request: WatchesRequest,
  response: null,
  writes: false,
  permission: null,
  since: '3.5.0',
});

export const removeWatches = operation({
  name: 'removeWatches',
  code: 18,
  request: WatchesRequest,
  response: null,
  writes: false,
  permission: null,
  since: '3.5.0',
});

const setWatchesFields = {
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
} as const;

export const SetWatchesRequest = record('SetWatches', setWatchesFields);
export type SetWatchesRequest = Infer<typeof SetWatchesRequest>;

export const setWatches = operation({
  name: 'setWatches',
  code: 101,
  request: SetWatchesRequest,
  response: null,
  writes: false,
  permission: null,
  since: '3.2',
});

export const SetWatches2Request = record('SetWatches2', {
  ...setWatchesFields,
  persistentWatches: vector(ustring),
  persistentRecursiveWatches: vector(ustring),
});
export type SetWatches2Request = Infer<typeof SetWatches2Request>;

export const setWatches2 = operation({
  name: 'setWatches2',
  code: 105,
  request: SetWatches2Request,
  response: null,
  writes: false,
  permission: null,
  since: '3.6.0',
});

/** The mode is an AddWatchMode. */
export const AddWatchRequest = record('AddWatchRequest', { path: ustring, mode: int });

/** The only operation that answers an ErrorResponse (of 0) when it succeeds. */
export const addWatch = operation({
  name: 'addWatch',
  code: 106,
  request: AddWatchRequest,
  response: ErrorResponse,
  writes: false,
  permission: null,
  since: '3.6.0',
});
