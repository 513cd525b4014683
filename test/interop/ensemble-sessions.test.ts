/** Sessions across servers, and what members refuse before the leader hears of it: beside Apache's, and in mixtures. */

import { EAGER_TALKS } from './eager-acl-talks.ts';
import { holdEverywhere } from './ensemble-talks.ts';
import { MOVE_TALKS } from './session-move-talks.ts';

holdEverywhere('members', [
  { name: 'the eager check of ACLs', options: { jvm: ['-Dzookeeper.enableEagerACLCheck=true'], config: { extendedTypesEnabled: 'true' } }, talks: EAGER_TALKS },
  { name: 'sessions that move', options: {}, talks: MOVE_TALKS },
]);
