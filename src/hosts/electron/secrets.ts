/**
 * Secrets under the operating system's protection: encrypted by Electron's safeStorage, kept in a file of their own.
 * Where Linux has no keychain, Electron can only obfuscate them with a key that everybody knows, and `kind` says so.
 */

import type { SafeStorage } from 'electron';
import * as v from 'valibot';
import type { Logger } from '../../base/logger.ts';
import { memorySecrets } from '../../platform/node-secrets.ts';
import type { SecretStore, Store } from '../../services/ports.ts';

const VERSION = 1;
const Document = v.object({ schema: v.literal(VERSION), secrets: v.record(v.string(), v.string()) });

export interface SafeSecretsOptions {
  readonly safeStorage: SafeStorage;
  /** process.platform */
  readonly platform: string;
  readonly store: Store;
  readonly logger: Logger;
}

/** To be called once the app is ready: before that, Linux has not chosen its keychain. */
export function safeSecrets({ safeStorage, platform, store, logger }: SafeSecretsOptions): SecretStore {
  const noKeychain = platform === 'linux' && ['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
  if (noKeychain) safeStorage.setUsePlainTextEncryption(true);
  if (!safeStorage.isEncryptionAvailable()) return memorySecrets();

  let turn: Promise<unknown> = Promise.resolve();
  const change = (fn: (secrets: Map<string, string>) => void): Promise<void> => {
    const mine = turn.then(async () => {
      const secrets = await read(store, logger);
      fn(secrets);
      await store.save({ schema: VERSION, secrets: Object.fromEntries(secrets) });
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    kind: noKeychain ? 'plaintext' : 'keychain',
    async get(key) {
      await turn;
      const encrypted = (await read(store, logger)).get(key);
      return encrypted === undefined ? null : decrypted(safeStorage, encrypted, logger);
    },
    set: (key, secret) => change((secrets) => secrets.set(key, safeStorage.encryptString(secret).toString('base64'))),
    remove: (key) => change((secrets) => secrets.delete(key)),
  };
}

async function read(store: Store, logger: Logger): Promise<Map<string, string>> {
  const stored = await store.load();
  if (stored.kind === 'none') return new Map();
  const document = stored.kind === 'document' ? v.safeParse(Document, stored.value) : null;
  if (document?.success) return new Map(Object.entries(document.output.secrets));
  logger.log('error', `the stored secrets could not be read; they are kept as ${await store.setAside()}`);
  return new Map();
}

/** Null when the keychain's key is another one by now: a new machine, a new user. */
function decrypted(safeStorage: SafeStorage, encrypted: string, logger: Logger): string | null {
  try {
    return safeStorage.decryptString(Buffer.from(encrypted, 'base64'));
  } catch {
    logger.log('warn', 'a stored secret can no longer be decrypted');
    return null;
  }
}
