/** Bytes for the contract, whose schema rules out shared memory. */

/** The same bytes. Nothing here ever makes a SharedArrayBuffer: this only says so to the compiler. */
export function plainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

/** The same for data, where null is not empty. */
export function plainData(data: Uint8Array | null): Uint8Array<ArrayBuffer> | null {
  return data === null ? null : plainBytes(data);
}
