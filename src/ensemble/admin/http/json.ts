/**
 * JSON as Apache's AdminServer prints it (Jackson's indenting printer): a blank before the colon, arrays on one line,
 * 64-bit numbers with every digit.
 */

/** A number as it stands: a double as Java prints it. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | number | bigint | string | Raw | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** The text, without a line end behind it. */
export function printJson(value: Json, indent = ''): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Raw) return value.text;
  if (isList(value)) return value.length === 0 ? '[ ]' : `[ ${value.map((item) => printJson(item, indent)).join(', ')} ]`;
  const inner = `${indent}  `;
  const fields = Object.entries(value).map(([name, field]) => `${inner}${JSON.stringify(name)} : ${printJson(field, inner)}`);
  return fields.length === 0 ? '{ }' : `{\n${fields.join(',\n')}\n${indent}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
