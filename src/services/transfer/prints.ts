/** Data and ACLs as short texts, by which a later look tells whether they are still what was written. */

import type { Acl } from '../../model/acl.ts';
import { encodeUtf8 } from '../../base/text.ts';
import type { TransferTools } from './ports.ts';
import { withoutRepeats } from './record.ts';

/** SHA-256 in hex; of null as of no bytes at all. */
export function dataPrint(tools: TransferTools, data: Uint8Array | null): string {
  return hexOf(tools, data ?? new Uint8Array(0));
}

/** The same of an ACL; null where the server writes its own entries in the place of some (scheme `auth`). */
export function aclPrint(tools: TransferTools, acl: readonly Acl[]): string | null {
  if (acl.some(({ id }) => id.scheme === 'auth')) return null;
  return hexOf(tools, encodeUtf8(JSON.stringify(withoutRepeats(acl).map(({ perms, id }) => [perms, id.scheme, id.id]))));
}

function hexOf(tools: TransferTools, bytes: Uint8Array): string {
  const sum = tools.sha256();
  sum.update(bytes);
  return sum.hex();
}
