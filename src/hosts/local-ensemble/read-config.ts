/** A zoo.cfg with its dynamic file, as far as the launcher has to know what it says. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '../../ensemble/config/config-error.ts';
import { parseProperties } from '../../ensemble/config/properties.ts';
import { parseWhole } from '../../ensemble/config/values.ts';
import { isMembershipKey, parseMembership } from '../../ensemble/replication/quorum/membership.ts';
import { UsageError } from '../../model/errors.ts';
import type { ConfigFacts } from '../../platform/local-ensemble/directory.ts';

const PORT = { min: 0, max: 65_535 };

/**
 * Reads a server's configuration.
 *
 * @throws UsageError naming the file and what is wrong
 */
export async function readConfigFacts(file: string): Promise<ConfigFacts> {
  try {
    const text = await readFile(file, 'utf8');
    const entries = parseProperties(text);
    const dynamicFile = entries.get('dynamicConfigFile')?.trim();
    const memberEntries = dynamicFile === undefined ? entries : parseProperties(await readFile(resolve(dynamicFile), 'utf8'));
    const dataDir = entries.get('dataDir')?.trim();
    if (dataDir === undefined || dataDir === '') throw new ConfigError('dataDir is not set');
    const port = entries.get('clientPort')?.trim();
    return { dataDir, clientPort: port === undefined ? null : parseWhole('clientPort', port, PORT), members: membersOf(memberEntries) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError('EnsembleDirectory', `${file}: ${error.message}`);
  }
}

function membersOf(entries: ReadonlyMap<string, string>): ConfigFacts['members'] {
  if (![...entries.keys()].some(isMembershipKey)) return new Map();
  // Whether one voter with observers may be is for the server to say.
  const { members } = parseMembership(entries, { standaloneEnabled: false });
  return new Map([...members.values()].map(({ sid, role, addresses: [address], client }) => {
    const { quorumPort, electionPort } = address ?? { quorumPort: 0, electionPort: 0 };
    return [Number(sid), { observer: role === 'observer', quorumPort, electionPort, clientPort: client?.port ?? null }];
  }));
}
