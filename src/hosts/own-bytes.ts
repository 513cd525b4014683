/**
 * Byte arrays that stand for themselves. A slice of a larger buffer (a socket's chunk, a whole reply) would take the
 * whole buffer with it through a structured clone, and show the neighbours' bytes to whoever gets it.
 */

/** Deeper nesting is not what the contract has. */
const DEPTH_MAX = 64;

/**
 * The same value, in which every byte array is a plain Uint8Array that fills its buffer. What does so already
 * is kept; objects and arrays are copied only along the way to something that changed.
 *
 * @throws RangeError when the value is nested too deeply
 */
export function ownBytes(value: unknown): unknown {
  return own(value, 0);
}

function own(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return ownArray(value);
  if (depth >= DEPTH_MAX) throw new RangeError(`nested deeper than ${DEPTH_MAX}`);
  return Array.isArray(value) ? ownItems(value, depth) : ownMembers(value as Record<string, unknown>, depth);
}

function ownArray(bytes: Uint8Array): Uint8Array {
  const plain = Object.getPrototypeOf(bytes) === Uint8Array.prototype;
  return plain && bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}

function ownItems(items: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | null = null;
  items.forEach((item, index) => {
    const owned = own(item, depth + 1);
    if (owned === item) return;
    copy ??= [...items];
    copy[index] = owned;
  });
  return copy ?? items;
}

function ownMembers(members: Record<string, unknown>, depth: number): Record<string, unknown> {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(members)) {
    const owned = own(members[key], depth + 1);
    if (owned === members[key]) continue;
    copy ??= { ...members };
    copy[key] = owned;
  }
  return copy ?? members;
}
