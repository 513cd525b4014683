/** Addresses and `address/bits` of the ip scheme (facts 1.15; IPAuthenticationProvider): both sides are masked. */

/** @returns null when one of the two is no address that is understood here */
export function ipMatches(address: string, pattern: string): boolean | null {
  const [base = '', bitsText] = pattern.split('/');
  const wanted = addressBytes(base);
  const have = addressBytes(address);
  if (wanted === null || have === null) return null;
  if (wanted.length !== have.length) return false;
  const bits = bitsText === undefined ? wanted.length * 8 : Number(bitsText);
  if (!Number.isInteger(bits) || bits < 0 || bits > wanted.length * 8) return null;
  return wanted.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - left)) & 0xff;
    return (byte & mask) === ((have[index] as number) & mask);
  });
}

/** 4 or 16 bytes; null for anything else. A zone after % is left out. */
export function addressBytes(text: string): number[] | null {
  const address = text.split('%')[0] as string;
  return address.includes(':') ? v6Bytes(address) : v4Bytes(address);
}

function v4Bytes(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  return parts.map(Number);
}

function v6Bytes(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = [halves[0] as string, halves[1]].map((half) => (half === undefined || half === '' ? [] : groupBytes(half)));
  if (head === null || tail === null || head === undefined || tail === undefined) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 0 : missing !== 0) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function groupBytes(text: string): number[] | null {
  const out: number[] = [];
  for (const group of text.split(':')) {
    const v4 = group.includes('.') ? v4Bytes(group) : null;
    if (v4 !== null) out.push(...v4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) out.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
    else return null;
  }
  return out;
}
