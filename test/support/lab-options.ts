/** What `lab.create` takes, and the local servers of this machine as tests run them. */

import { join } from 'node:path';
import type { LabOptions } from '../../src/contract/lab.ts';
import { appFiles } from '../../src/hosts/app-files.ts';
import { guardOf } from '../../src/hosts/local-ensemble/guard-command.ts';
import { localServers } from '../../src/hosts/local-ensemble/local-servers.ts';
import type { LocalServers } from '../../src/services/ports.ts';
import { embeddedEntry } from './embedded.ts';

/** One embedded server alone, on any port, without a sample tree, that ends with the app. */
export function labOptions(options: Partial<LabOptions> = {}): LabOptions {
  return { name: null, servers: 1, observers: 0, clientPort: null, engine: 'embedded', zookeeper: null, stays: false, sampleTree: false, ...options };
}

/** Needs a build. @param directory holds all they have */
export function builtLocalServers(directory: string): LocalServers {
  const files = appFiles(import.meta.dirname);
  const guard = guardOf(files.cliEntry);
  return localServers({ directory: join(directory, 'servers'), command: process.execPath, entry: embeddedEntry(), guard, guardDirectory: directory });
}
