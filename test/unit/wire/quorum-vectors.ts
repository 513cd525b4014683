/** The conversations between Apache's servers that were captured (test/vectors/quorum). */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex } from '../../../src/base/bytes.ts';

export interface Conversation {
  readonly port: 'election' | 'quorum';
  readonly from: number;
  readonly to: number;
  readonly toListener: Uint8Array;
  readonly toCaller: Uint8Array;
}

const file = fileURLToPath(new URL('../../vectors/quorum/ensemble.json', import.meta.url));

/** Every captured connection. */
export function loadConversations(): Conversation[] {
  interface Entry {
    readonly port: 'election' | 'quorum';
    readonly from: number;
    readonly to: number;
    readonly toListener: string;
    readonly toCaller: string;
  }
  const { connections } = JSON.parse(readFileSync(file, 'utf8')) as { connections: Entry[] };
  return connections.map((one) => ({ ...one, toListener: fromHex(one.toListener), toCaller: fromHex(one.toCaller) }));
}

/** The bytes in pieces of a given size. */
export function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
