/**
 * Parameters as plain data. Stores hold reactive proxies, which no structured clone takes; a copy of the objects and
 * arrays around the values goes instead. Bytes are not copied.
 */

/** Deeper nesting is not what the contract has. */
const DEPTH_MAX = 64;

/** @throws TypeError when there is something else than data in it, or it is nested too deeply */
export function plainValue(value: unknown): unknown {
  return plain(value, 0);
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a ${typeof value} cannot be sent`);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value;
  if (depth >= DEPTH_MAX) throw new TypeError(`nested deeper than ${DEPTH_MAX}`);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) copy[key] = plain(member, depth + 1);
  return copy;
}
