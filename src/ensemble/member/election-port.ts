/** The port for elections, which another process may still hold for a moment (QuorumCnxManager.Listener). */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { ElectionNetwork } from '../quorum-network.ts';

export interface ElectionPort {
  /** null: every address. */
  readonly host: string | null;
  readonly port: number;
  /** electionPortBindRetry: so often it is tried, a second apart; 0: without end. */
  readonly attempts: number;
}

const BETWEEN_MS = 1_000;

/** @throws ListenError when it is not free at the last try */
export async function listenForElections(
  network: ElectionNetwork, { host, port, attempts }: ElectionPort, { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await network.listen(host, port);
      return;
    } catch (error) {
      if (attempt === attempts) throw error;
      logger.log('warn', 'the election port cannot be listened on yet', { error, attempt });
    }
    await new Promise<void>((resolve) => void clock.after(BETWEEN_MS, resolve));
  }
}
