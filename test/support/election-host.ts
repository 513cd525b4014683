/**
 * Our election machine as a process of its own would run it, on real sockets and the real clock: takes part in an
 * ensemble's elections and does nothing else. In: a membership and an id. Out: outcomes, and what the others said.
 */

import { nodeClock } from '../../src/platform/node-clock.ts';
import { NodeElectionNetwork } from '../../src/platform/node-election-network.ts';
import type { Logger } from '../../src/base/logger.ts';
import { ElectionPeer, type ElectionInput } from '../../src/ensemble/replication/election/election-peer.ts';
import type { Outcome } from '../../src/ensemble/replication/election/election-effects.ts';
import type { Standing } from '../../src/ensemble/replication/election/fast-leader-election.ts';
import type { Membership } from '../../src/ensemble/replication/quorum/membership.ts';
import { ElectionFrameDecoder } from '../../src/wire/quorum/election-frame.ts';
import { decodeNotification, type Notification } from '../../src/wire/quorum/notification.ts';

export interface ElectionHostOptions {
  readonly sid: bigint;
  readonly membership: Membership;
  readonly multiAddress?: boolean;
  readonly maxIntervalMs?: number;
}

export interface ElectionHost {
  readonly peer: ElectionPeer;
  readonly outcomes: readonly Outcome[];
  readonly logged: readonly string[];
  /** What came on connections that this server opened. */
  readonly heard: readonly Notification[];
  look(standing: Standing): void;
  /** Resolves with the outcome of the look that is under way. */
  outcome(timeoutMs?: number): Promise<Outcome>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Listens on its election port; `look` begins. */
export async function startElectionHost(options: ElectionHostOptions): Promise<ElectionHost> {
  const { sid, membership } = options;
  const own = membership.members.get(sid)?.addresses[0];
  if (own === undefined) throw new Error(`no server ${sid} in the membership`);
  const outcomes: Outcome[] = [];
  const heard: Notification[] = [];
  const logged: string[] = [];
  const opened = new Map<number, ElectionFrameDecoder>();
  const logger: Logger = { log: (_level, message) => logged.push(message) };
  const peer = new ElectionPeer({
    sid, logger,
    memberships: { current: membership, lastSeen: membership },
    reconfigEnabled: false,
    multiAddress: options.multiAddress ?? false,
    finalizeWaitMs: 200,
    minIntervalMs: 200,
    maxIntervalMs: options.maxIntervalMs ?? 2_000,
    ownAddresses: [{ host: own.host, port: own.electionPort }],
    connectTimeoutMs: 5_000,
    greetingTimeoutMs: 5_000,
  });
  let cancel = (): void => undefined;
  let closed = false;
  const step = (input: ElectionInput): void => {
    if (closed) return;
    if (input.kind === 'connected') opened.set(input.link, new ElectionFrameDecoder());
    if (input.kind === 'data') heard.push(...(opened.get(input.link)?.push(input.bytes) ?? []).map(decodeNotification));
    const { network: effects, outcome } = peer.step(input, nodeClock.monotonicMs());
    network.perform(effects);
    if (outcome !== null) outcomes.push(outcome);
    cancel();
    const due = peer.deadlineMs;
    if (due !== null) cancel = nodeClock.after(Math.max(0, due - nodeClock.monotonicMs()), () => step({ kind: 'tick' }));
  };
  const network = new NodeElectionNetwork(step);
  await network.listen(own.host, own.electionPort);
  const close = async (): Promise<void> => {
    closed = true;
    cancel();
    await network.close();
  };
  let expected = 0;
  return {
    peer, outcomes, heard, logged, close,
    look(standing) {
      expected = outcomes.length + 1;
      step({ kind: 'look', standing });
    },
    async outcome(timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs;
      while (Date.now() < deadline) {
        const outcome = outcomes[expected - 1];
        if (outcome !== undefined) return outcome;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`no outcome within ${timeoutMs} ms; logged: ${logged.join('; ')}`);
    },
    [Symbol.asyncDispose]: close,
  };
}
