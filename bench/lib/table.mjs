/** Figures as people read them. */

/** @param {readonly number[]} values */
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** @param {number | undefined} ours @param {number | undefined} apache */
export const ratio = (ours, apache) => ((ours ?? NaN) / (apache ?? NaN)).toFixed(2);

/** Columns under their heads. @param {readonly (readonly string[])[]} rows */
export function printTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '));
  console.log();
}
