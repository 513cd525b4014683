/** Node's UTF-8 routines for long text; they give what the pure ones in base/text.ts give (tested). */

import { useTextRoutines, type TextRoutines } from '../base/text.ts';

/** A byte order mark is a character like any other: Java keeps it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

export const nodeTextRoutines: TextRoutines = {
  decode: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)),
  encode: (text) => encoder.encode(text),
};

/** Makes all layers use them; called once by each host. */
export function installNodeText(): void {
  useTextRoutines(nodeTextRoutines);
}
