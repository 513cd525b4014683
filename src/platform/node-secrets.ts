/** Secrets that end with the process. */

import type { SecretStore } from '../services/ports.ts';

/** Keeps secrets in memory only: what a host does that has no keychain to give them to. */
export function memorySecrets(): SecretStore {
  const secrets = new Map<string, string>();
  return {
    kind: 'memory',
    get: (key) => Promise.resolve(secrets.get(key) ?? null),
    set: (key, secret) => {
      secrets.set(key, secret);
      return Promise.resolve();
    },
    remove: (key) => {
      secrets.delete(key);
      return Promise.resolve();
    },
  };
}
