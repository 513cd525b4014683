/** A learner that is sent a tree faster than it takes it in. */

import { expect, test } from 'vitest';
import { LearnerLink } from '../../../../src/ensemble/member/learner-link.ts';
import { leaderBytes } from '../../../../src/ensemble/member/words.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import { settle, TestClient } from '../server/harness.ts';

const newDatabase = (): Database => new Database({ extendedTypes: true, digestEnabled: true, hashSeed: 1 });
/** More than may wait. */
const PART = new Uint8Array(5 * 1024 * 1024);

test('it reads no further until what is here is taken in, whatever else is no reason to wait', async () => {
  const socket = new TestClient('1.1.1.1');
  const link: LearnerLink = new LearnerLink(socket, newDatabase, 1000, {
    onMessage: () => undefined,
    // As a term does at every sign of life: its machine has nothing to wait for.
    onProgress: () => link.pause(false),
    onClosed: () => undefined,
  });
  link.onData(leaderBytes({ kind: 'snap', zxid: 1n }).slice());
  await settle();
  // No session, and a list of ACLs of which the rest is not here yet.
  link.onData(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 31, 0x30, 0, 0, 0]));
  link.onData(PART);
  expect(socket.paused).toBe(true);
  link.pause(false);
  expect(socket.paused).toBe(true);
  await settle();
  expect(socket.paused).toBe(false);
  link.pause(true);
  expect(socket.paused).toBe(true);
  link.pause(false);
  expect(socket.paused).toBe(false);
  link.close();
});
