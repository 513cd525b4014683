/** Local sessions on members: the same conversations with three of Apache's servers and an observer, with ours, and with mixtures. */

import { holdEverywhere } from './ensemble-talks.ts';
import { LOCAL_TALKS, UPGRADE_TALKS } from './local-session-talks.ts';

holdEverywhere('local sessions', [
  {
    name: 'with upgrades',
    options: { config: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' } },
    talks: [...LOCAL_TALKS, ...UPGRADE_TALKS],
  },
  { name: 'without upgrades', options: { config: { localSessionsEnabled: 'true' } }, talks: LOCAL_TALKS },
]);
