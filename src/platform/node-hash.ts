/** Digests by Node's crypto. */

import { createHash } from 'node:crypto';
import type { Hash } from '../services/ports.ts';

export const nodeHash: Hash = {
  sha1: (bytes) => Uint8Array.from(createHash('sha1').update(bytes).digest()),
};
