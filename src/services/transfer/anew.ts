/** An export that begins anew. */

import type { ExportOutput } from './ports.ts';

/** The same output, as if no earlier run had left anything of it. */
export function anew(output: ExportOutput): ExportOutput {
  return {
    name: output.name,
    kept: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true as const, value: undefined }) }) }),
    begin: (bytes) => output.begin(bytes),
    write: (lines) => output.write(lines),
    checkpoint: () => output.checkpoint(),
    finish: () => output.finish(),
    close: () => output.close(),
  };
}
