/** The words of the transcripts: Apache's names of packets, zxids in hex, and what a server does in plain English. */

import type { LeaderEvent, LearnerEvent, Task } from '../../../../src/ensemble/replication/effects.ts';
import type { LeaderMessage, LearnerMessage } from '../../../../src/ensemble/replication/messages.ts';
import { makeZxid } from '../../../../src/model/zxid.ts';

export const hex = (zxid: bigint): string => `0x${zxid.toString(16)}`;
const start = (epoch: number): string => hex(makeZxid(epoch, 0));

export function leaderWords(message: LeaderMessage): string {
  switch (message.kind) {
    case 'leaderInfo':
      return `LEADERINFO zxid ${start(message.epoch)}`;
    case 'newLeader':
      return `NEWLEADER zxid ${start(message.epoch)}${message.config === null ? '' : `, configuration: ${message.config}`}`;
    case 'proposal':
      return `PROPOSAL zxid ${hex(message.txn.header.zxid)}`;
    case 'inform':
      return `INFORM zxid ${hex(message.txn.header.zxid)}`;
    case 'informAndActivate':
      return `INFORMANDACTIVATE zxid ${hex(message.txn.header.zxid)}, designated leader ${message.designatedLeader}`;
    case 'commitAndActivate':
      return `COMMITANDACTIVATE zxid ${hex(message.zxid)}, designated leader ${message.designatedLeader}`;
    case 'upToDate':
    case 'sync':
      return message.kind.toUpperCase();
    case 'revalidated':
      return `REVALIDATE session ${message.sessionId} ${message.valid ? 'is alive' : 'is over'}`;
    case 'snap':
      return `SNAP zxid ${hex(message.zxid)}, and the tree`;
    default:
      return `${message.kind.toUpperCase()} zxid ${hex(message.zxid)}`;
  }
}

export function learnerWords(message: LearnerMessage): string {
  switch (message.kind) {
    case 'info':
      return `${message.observer ? 'OBSERVERINFO' : 'FOLLOWERINFO'} zxid ${start(message.acceptedEpoch)}, configuration version ${hex(message.configVersion)}`;
    case 'ackEpoch':
      return `ACKEPOCH zxid ${hex(message.lastZxid)}, current epoch ${message.currentEpoch}`;
    case 'request':
      return `REQUEST ${message.request.type === 9 ? 'sync' : 'create'} of session ${message.request.sessionId}`;
    case 'revalidate':
      return `REVALIDATE session ${message.sessionId}, timeout ${message.timeoutMs} ms`;
    case 'ping':
      return `PING zxid ${hex(message.zxid)}, sessions: ${message.sessions.map(({ id, timeoutMs }) => `${id} (${timeoutMs} ms)`).join(', ') || 'none'}`;
    case 'ack':
      return `ACK zxid ${hex(message.zxid)}`;
  }
}

/** null: there is nothing to see of it. */
export function eventWords(event: LeaderEvent | LearnerEvent): string | null {
  switch (event.kind) {
    case 'serve':
      return `serves clients in epoch ${event.epoch}`;
    case 'synced':
      return 'answers a sync of its own client';
    case 'forwarded':
      return null;
    case 'touched':
      return event.sessions.length === 0 ? null : `has heard of sessions ${event.sessions.map(({ id }) => id).join(', ')}`;
    case 'revalidate':
      return `looks whether session ${event.sessionId} is alive`;
    case 'revalidated':
      return `tells its client that session ${event.sessionId} ${event.valid ? 'goes on' : 'is over'}`;
    case 'configSeen':
      return `keeps the configuration "${event.config}" as the one last seen`;
    case 'configProposed':
      return 'keeps the proposed configuration as the one last seen';
    case 'activate':
      return `puts the new configuration into force; server ${event.designatedLeader} is to lead`;
  }
}

export function taskWords(task: Task): string {
  switch (task.kind) {
    case 'saveAcceptedEpoch':
      return `writes acceptedEpoch ${task.epoch}`;
    case 'saveCurrentEpoch':
      return `writes currentEpoch ${task.epoch}, once its log is on disk`;
    case 'readLog':
      return `reads its log from ${hex(task.from)} on`;
    case 'truncate':
      return `cuts its log after ${hex(task.zxid)}`;
    case 'install':
      return `puts the leader's tree of ${hex(task.zxid)} in the place of everything`;
  }
}
