/** Numbers and lines as Java prints them. */

/** A double with at most four decimals and at least one: 0.0, 2.5, 0.3333. */
export function javaDouble(value: number): string {
  const rounded = Math.round(value * 10_000) / 10_000;
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}

/** Unsigned hex digits of a 64-bit number, without 0x. */
export function hex(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16);
}

/** Each line with its end. */
export function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
