/** A failure as plain text, for the clipboard: everything that helps somebody else to understand it. */

import type { Failure } from '../../../contract/shapes.ts';

/** @param doing what was being done, if known */
export function failureText(failure: Failure, doing?: string): string {
  const lines = [
    ...(doing === undefined ? [] : [doing]),
    failure.message,
    `code: ${failure.code}`,
    `kind: ${failure.kind}`,
    `layer: ${failure.layer}`,
    ...(failure.path === null ? [] : [`path: ${failure.path}`]),
    `retry is safe: ${failure.retrySafe ? 'yes' : 'no'}`,
  ];
  return lines.join('\n');
}
