/** What Apache's members of an ensemble take as Java system properties, read and checked (facts 2.2, 5.1). */

import { parseFlag, parseYesNo } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface MemberSettings {
  /** readonlymode.enabled: without a leader, clients that may read only are served. */
  readonly readOnlyMode: boolean;
  /** leaderServes: a leader takes clients itself. */
  readonly leaderServes: boolean;
}

/**
 * Reads the properties that only members heed.
 *
 * @throws ConfigError naming the property and the value
 */
export function readMemberSettings(properties: Properties): MemberSettings {
  const text = (name: string): string | undefined => properties.get(name);
  const readOnly = text('readonlymode.enabled');
  const leaderServes = text('zookeeper.leaderServes');
  return {
    readOnlyMode: readOnly !== undefined && parseFlag('readonlymode.enabled', readOnly),
    leaderServes: leaderServes === undefined || parseYesNo('leaderServes', leaderServes),
  };
}
