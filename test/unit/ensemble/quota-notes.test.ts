import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { quotaNotes } from '../../../src/ensemble/quota-notes.ts';

test('a quota that is passed is told of once a minute', () => {
  const told: unknown[] = [];
  let nowMs = 5;
  const clock: Clock = { wallMs: () => 0, monotonicMs: () => nowMs, after: () => () => undefined };
  const note = quotaNotes({ log: (level, message, fields) => void told.push([level, message, fields]) }, clock);
  for (let i = 0; i < 3; i++) note('/q', 'count', 4 + i, 3, false);
  note('/q', 'bytes', 9, 8, true);
  nowMs += 60_000;
  note('/q', 'count', 8, 3, false);
  expect(told).toEqual([
    ['warn', 'a quota is passed', { path: '/q', what: 'count', used: 4, limit: 3 }],
    ['warn', 'a quota is used up: what would go over it is refused', { path: '/q', what: 'bytes', used: 9, limit: 8 }],
    ['warn', 'a quota is passed', { path: '/q', what: 'count', used: 8, limit: 3 }],
  ]);
  for (let i = 0; i < 3000; i++) note(`/${i}`, 'count', 2, 1, false);
  expect(told.length).toBe(3003);
});
