/** Several kazoo clients that keep an ensemble busy, and know in the end what has to be there: ensemble_load.py. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { startKazoo } from '../support/kazoo.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { expectEqualDigests, expectEqualTrees, until } from './ensemble-support.ts';

/** What became of the load. */
export interface LoadReport {
  /** Whatever was lost, invented, or read out of order: a sentence each. */
  readonly problems: readonly string[];
  readonly answered: number;
  /** Requests whose connection was gone before the answer came. */
  readonly interrupted: number;
  /** Sessions that ended before their clients. */
  readonly lost: number;
  /** Changes that clients heard of by their watches. */
  readonly watched: number;
}

export interface EnsembleLoad extends AsyncDisposable {
  /** Waits until every client had so many answers more. @throws when a client found something wrong */
  goesOn(answers?: number): Promise<void>;
  /** Ends the work; the sessions stay open. */
  stop(): Promise<void>;
  /** What one server has, beside what the clients were told. After `stop`. */
  compare(): Promise<LoadReport>;
  /**
   * Stops the load, and compares what clients were told with what is there: in one server by their journals, then
   * all servers with one another, by their trees and by their digests; closes the sessions, whose nodes must go, and
   * removes the rest.
   */
  finish(servers: ServersHandle): Promise<LoadReport>;
}

const PYTHON = readFileSync(new URL('ensemble_load.py', import.meta.url), 'utf8');

/** Begins the load. Sessions last as long as the ensemble allows, 20 s at most. */
export async function startLoad(connectString: string, clients = 4): Promise<EnsembleLoad> {
  const kazoo = await startKazoo(connectString);
  await kazoo.run(`${PYTHON}\nload = Load(args['hosts'], args['clients'], 20.0)`, { hosts: connectString, clients });
  const answered = async (): Promise<number[]> => {
    expect(await kazoo.run('result = load.found()')).toEqual([]);
    return await kazoo.run('result = load.answered()') as number[];
  };
  const stop = async (): Promise<void> => void (await kazoo.run('load.stop()'));
  const compare = async (): Promise<LoadReport> => await kazoo.run('result = load.compare()') as LoadReport;
  return {
    stop,
    compare,
    async goesOn(answers = 30) {
      const before = await answered();
      await until('every client goes on', async () => (await answered()).every((count, index) => count >= (before[index] ?? 0) + answers), 60_000);
    },
    async finish(servers) {
      await stop();
      const report = await compare();
      expect(report.problems).toEqual([]);
      expect(await kazoo.run('result = load.check_ephemerals()')).toEqual([]);
      await expectEqualTrees(servers);
      await expectEqualDigests(servers);
      expect(await kazoo.run('result = load.close()')).toEqual([]);
      await expectEqualTrees(servers);
      return report;
    },
    [Symbol.asyncDispose]: () => kazoo.kill(),
  };
}
