/** SHA-256 and base64 by Node, as transfers use them. */

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Base64, TransferTools } from '../../services/transfer/ports.ts';

const base64: Base64 = {
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  decode(text) {
    const decoded = Buffer.from(text, 'base64');
    // Node passes over what is no base64; only what comes out the same is what RFC 4648 calls it, padding included.
    if (decoded.toString('base64') !== text) return null;
    // An array of its own: small buffers of Node share their memory.
    return Uint8Array.from(decoded);
  },
};

/** What every transfer on this machine uses. */
export const nodeTransferTools: TransferTools = {
  sha256() {
    const hash = createHash('sha256');
    return {
      update: (bytes) => void hash.update(bytes),
      hex: () => hash.digest('hex'),
    };
  },
  base64,
};
