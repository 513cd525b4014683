/** ACLs that are used again and again. */

import { AUTH_ID, ANYONE, CREATOR_ALL_ACL, OPEN_ACL, Perms, READ_ACL, type Acl } from '../../../model/acl.ts';

export const ACL_TEMPLATES = {
  open: OPEN_ACL,
  readOnly: READ_ACL,
  creator: CREATOR_ALL_ACL,
  creatorAndRead: [
    { perms: Perms.ALL, id: AUTH_ID },
    { perms: Perms.READ, id: ANYONE },
  ],
} as const satisfies Record<string, readonly Acl[]>;

export type AclTemplate = keyof typeof ACL_TEMPLATES;
