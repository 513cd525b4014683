/** What applying a transaction changed, in the order of change: all that watches need to know. */

import type { Acl } from '../../model/acl.ts';

export interface TreeChange {
  readonly kind: 'created' | 'deleted' | 'data';
  readonly path: string;
  readonly zxid: bigint;
  /** The node's ACL at that moment, for filtering events by READ (3.8.4 and later). */
  readonly acl: readonly Acl[];
  /** The parent's ACL, for the child event of a creation or deletion. */
  readonly parentAcl: readonly Acl[];
}
