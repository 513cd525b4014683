/** Values of configuration keys and properties: read, checked, and refused by one line naming key and value. */

import { ConfigError } from './config-error.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

const INT_MAX = 0x7fff_ffff;

/**
 * A whole number within a range.
 *
 * @throws ConfigError naming the key and the value
 */
export function parseWhole(key: string, text: string, range: Partial<Range> = {}): number {
  const { min = -INT_MAX - 1, max = INT_MAX } = range;
  const value = text.trim();
  const number = /^[+-]?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new ConfigError(`${key}=${text}: a whole number is needed`);
  if (number < min || number > max) throw new ConfigError(`${key}=${text}: must be between ${min} and ${max}`);
  return number;
}

/**
 * A whole number where Apache's server asks Java for a property: hexadecimal, too, as in `-Djute.maxbuffer=0x200000`
 * (Integer.decode; its octal numbers are read as decimal here, which nobody means otherwise).
 *
 * @throws ConfigError naming the property and the value
 */
export function parsePropertyWhole(name: string, text: string, range: Partial<Range> = {}): number {
  const hex = /^\s*([+-]?)(?:0x|#)([0-9a-f]{1,12})\s*$/i.exec(text);
  if (hex === null) return parseWhole(name, text, range);
  return parseWhole(name, String(Number.parseInt(`${hex[1]}${hex[2]}`, 16)), range);
}

/**
 * true or false, whatever the case.
 *
 * @throws ConfigError naming the key and the value
 */
export function parseFlag(key: string, text: string): boolean {
  const value = text.trim().toLowerCase();
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new ConfigError(`${key}=${text}: true or false is needed`);
}

/**
 * yes or no, as skipACL and forceSync have it.
 *
 * @throws ConfigError naming the key and the value
 */
export function parseYesNo(key: string, text: string): boolean {
  const value = text.trim().toLowerCase();
  if (value === 'yes' || value === 'true') return true;
  if (value === 'no' || value === 'false') return false;
  throw new ConfigError(`${key}=${text}: yes or no is needed`);
}

/**
 * A number that may have a fraction.
 *
 * @throws ConfigError naming the key and the value
 */
export function parseDecimal(key: string, text: string): number {
  const value = text.trim();
  if (!/^[+-]?\d{1,15}(\.\d{0,15})?$|^[+-]?\.\d{1,15}$/.test(value)) throw new ConfigError(`${key}=${text}: a number is needed`);
  return Number(value);
}
