/** The ip scheme (IPAuthenticationProvider): `address` or `address/bits`, IPv4 and IPv6. */

import type { AuthProvider } from './provider.ts';

/** The 4 or 16 bytes of an address, or null when it is none. */
export function addressBytes(text: string): Uint8Array | null {
  return text.includes(':') ? v6Bytes(text) : v4Bytes(text);
}

function v4Bytes(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const out = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string;
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    out[i] = Number(part);
  }
  return out;
}

function v6Bytes(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = v6Groups(halves[0] as string);
  const tail = halves.length === 2 ? v6Groups(halves[1] as string) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const out = new Uint8Array(16);
  out.set(head, 0);
  out.set(tail, 16 - tail.length);
  return out;
}

/** Groups of four hex digits, the last of which may be an IPv4 address. */
function v6Groups(text: string): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const out: number[] = [];
  for (const [at, group] of groups.entries()) {
    if (at === groups.length - 1 && group.includes('.')) {
      const v4 = v4Bytes(group);
      if (v4 === null) return null;
      out.push(...v4);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    const value = Number.parseInt(group, 16);
    out.push(value >> 8, value & 0xff);
  }
  return out;
}

interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

function parseNetwork(expression: string): Network | null {
  const slash = expression.indexOf('/');
  const bytes = addressBytes(slash < 0 ? expression : expression.slice(0, slash));
  if (bytes === null) return null;
  if (slash < 0) return { bytes, bits: bytes.length * 8 };
  const bitsText = expression.slice(slash + 1);
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > bytes.length * 8) return null;
  return { bytes, bits: Number(bitsText) };
}

function sameNetwork(held: Uint8Array, network: Network): boolean {
  if (held.length !== network.bytes.length) return false;
  for (let bit = 0; bit < network.bits; bit += 8) {
    const left = network.bits - bit;
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    const at = bit >> 3;
    if ((((held[at] as number) ^ (network.bytes[at] as number)) & mask) !== 0) return false;
  }
  return true;
}

export const ipProvider: AuthProvider = {
  scheme: 'ip',
  isValid: (id) => parseNetwork(id) !== null,
  matches(held, expression) {
    const network = parseNetwork(expression);
    const bytes = addressBytes(held);
    return network !== null && bytes !== null && sameNetwork(bytes, network);
  },
  authenticates: false,
  authenticate: (_credential, remoteAddress) => [{ scheme: 'ip', id: remoteAddress }],
  userName: (id) => id,
};
