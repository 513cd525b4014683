import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { listenForElections } from '../../../../src/ensemble/member/election-port.ts';
import { settle, TestClock } from '../server/harness.ts';

/** Taken until so many tries were made. */
function portTakenFor(times: number): { readonly tries: (string | null)[]; readonly network: Parameters<typeof listenForElections>[0] } {
  const tries: (string | null)[] = [];
  const listen = (host: string | null): Promise<void> => {
    tries.push(host);
    return tries.length <= times ? Promise.reject(new Error('in use')) : Promise.resolve();
  };
  return { tries, network: { listen, perform: () => undefined, close: () => Promise.resolve() } };
}

test('the election port is tried again, a second apart, as often as is said', async () => {
  const clock = new TestClock();
  const { tries, network } = portTakenFor(2);
  let done = false;
  const listening = listenForElections(network, { host: 'h', port: 1, attempts: 3 }, { clock, logger: silentLogger }).then(() => {
    done = true;
  });
  await settle();
  expect(tries).toEqual(['h']);
  await clock.advance(999);
  expect(tries.length).toBe(1);
  await clock.advance(1_001);
  await listening;
  expect([tries.length, done]).toEqual([3, true]);
});

test('the last refusal is told; 0 stands for no last one', async () => {
  const clock = new TestClock();
  const few = portTakenFor(9);
  const refused = expect(listenForElections(few.network, { host: null, port: 1, attempts: 2 }, { clock, logger: silentLogger })).rejects.toThrow('in use');
  await settle();
  await clock.advance(60_000);
  await refused;
  expect(few.tries).toEqual([null, null]);
  const many = portTakenFor(9);
  const listening = listenForElections(many.network, { host: null, port: 1, attempts: 0 }, { clock, logger: silentLogger });
  await settle();
  await clock.advance(60_000);
  await listening;
  expect(many.tries.length).toBe(10);
});
