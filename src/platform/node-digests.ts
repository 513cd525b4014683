/** Message digests by Node's crypto, under Java's names. */

import { createHash, getHashes } from 'node:crypto';
import type { MessageDigests } from '../ensemble/processors/auth/message-digests.ts';

/** Node's name for Java's: SHA1, SHA-1, SHA-256, SHA-512/256, SHA3-256, MD5. */
function nodeName(algorithm: string): string {
  const name = algorithm.toLowerCase();
  if (name.startsWith('sha3-')) return name;
  return name.replace(/^sha-/, 'sha').replace('/', '-');
}

const known = new Set(getHashes().map((name) => name.toLowerCase()));

export const nodeDigests: MessageDigests = {
  digest(algorithm, bytes) {
    const name = nodeName(algorithm);
    return known.has(name) ? Uint8Array.from(createHash(name).update(bytes).digest()) : null;
  },
};
