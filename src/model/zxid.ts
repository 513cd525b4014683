/**
 * Transaction ids: 64 bits, the leader's epoch above a counter. Session ids are 64 bits as well.
 * Both are `bigint` everywhere, signed as on the wire.
 */

export const NO_ZXID = 0n;

/** The epoch of the leader that made the transaction: the upper 32 bits, unsigned. */
export function epochOf(zxid: bigint): number {
  return Number(BigInt.asUintN(32, zxid >> 32n));
}

/** The transaction's number within its epoch: the lower 32 bits, unsigned. */
export function counterOf(zxid: bigint): number {
  return Number(BigInt.asUintN(32, zxid));
}

/** The zxid of an epoch and a counter. */
export function makeZxid(epoch: number, counter: number): bigint {
  return BigInt.asIntN(64, (BigInt(epoch) << 32n) | BigInt(counter));
}

/** `0x` and the unsigned hex digits, as ZooKeeper's tools print zxids and session ids. */
export function formatId(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`;
}

/**
 * Reads what formatId wrote; the `0x` may be missing.
 *
 * @returns null when the text is no 64-bit hex number
 */
export function parseId(text: string): bigint | null {
  const match = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text.trim());
  return match === null ? null : BigInt.asIntN(64, BigInt(`0x${match[1] as string}`));
}
