/** A line that repeats itself is written once a minute. */

import { expect, test } from 'vitest';
import { RepeatedLines } from '../../../src/base/repeated-lines.ts';

test('the same of the same subject is written once a minute, and something else at once', () => {
  const written: string[] = [];
  let nowMs = 0;
  const lines = new RepeatedLines({ log: (level, message, fields) => void written.push(`${level} ${message} ${String(fields?.['reason'])}`) }, () => nowMs);
  const warn = (subject: string, reason: string): void => lines.warn(subject, 'not let in', { reason });
  warn('a', 'x');
  warn('a', 'x');
  warn('b', 'x');
  warn('a', 'y');
  nowMs = 59_999;
  warn('a', 'y');
  expect(written).toEqual(['warn not let in x', 'warn not let in x', 'warn not let in y']);
  nowMs = 60_000;
  warn('a', 'y');
  lines.over('a');
  warn('a', 'y');
  expect(written).toHaveLength(5);
});
