/** exists: the Stat of a node; may leave a watch, also where no node is. READ is needed since 3.8.4 / 3.9.2. */

import { bool, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { StatRecord } from '../records/shared.ts';

/** A path and whether to leave a watch: exists, getData, getChildren and getChildren2 share it. */
export const PathWatchRequest = record('PathWatchRequest', { path: ustring, watch: bool });
export type PathWatchRequest = Infer<typeof PathWatchRequest>;

/** A lone Stat: the reply of exists, setData and setACL. */
export const StatResponse = record('StatResponse', { stat: StatRecord });

export const exists = operation({
  name: 'exists',
  code: 3,
  request: PathWatchRequest,
  response: StatResponse,
  writes: false,
  permission: null,
  since: '3.0',
});
