/** The words of the transcripts, by Apache's names. */

import type { LeaderEvent, LearnerEvent, Task } from '../../../../src/ensemble/replication/effects.ts';
import type { LeaderMessage, LearnerMessage } from '../../../../src/ensemble/replication/messages.ts';
import { counterOf, epochOf, makeZxid } from '../../../../src/model/zxid.ts';

/** @param place such as `1:3` */
export function zxidOf(place: string): bigint {
  const [epoch = 0, counter = 0] = place.split(':').map(Number);
  return makeZxid(epoch, counter);
}

export const formatZxid = (zxid: bigint): string => `${epochOf(zxid)}:${counterOf(zxid)}`;

export const formatReason = (reason: string): string => `END ${reason.replaceAll(/0x[0-9a-f]+/g, (hex) => formatZxid(BigInt(hex)))}`;

export function formatTask(task: Task): string {
  switch (task.kind) {
    case 'saveAcceptedEpoch':
      return `write acceptedEpoch ${task.epoch}`;
    case 'saveCurrentEpoch':
      return `all of it, then currentEpoch ${task.epoch}`;
    case 'readLog':
      return `read the log from ${formatZxid(task.from)} for ${task.link}`;
    case 'truncate':
      return `cut after ${formatZxid(task.zxid)}`;
    case 'install':
      return `install the tree of ${formatZxid(task.zxid)}`;
  }
}

export function formatLeaderMessage(message: LeaderMessage): string {
  switch (message.kind) {
    case 'leaderInfo':
      return `LEADERINFO epoch ${message.epoch}`;
    case 'newLeader':
      return `NEWLEADER epoch ${message.epoch}`;
    case 'proposal':
    case 'inform':
    case 'informAndActivate':
      return `${message.kind.toUpperCase()} ${formatZxid(message.txn.header.zxid)}`;
    case 'upToDate':
    case 'sync':
      return message.kind.toUpperCase();
    case 'revalidated':
      return `REVALIDATE session ${message.sessionId} ${message.valid ? 'lives' : 'is over'}`;
    default:
      return `${message.kind.toUpperCase()} ${formatZxid(message.zxid)}`;
  }
}

export function formatLearnerMessage(message: LearnerMessage): string {
  switch (message.kind) {
    case 'info':
      return `${message.observer ? 'OBSERVERINFO' : 'FOLLOWERINFO'} accepted ${message.acceptedEpoch}`;
    case 'ackEpoch':
      return `ACKEPOCH epoch ${message.currentEpoch} at ${formatZxid(message.lastZxid)}`;
    case 'request':
      return `REQUEST type ${message.request.type} of session ${message.request.sessionId}`;
    case 'revalidate':
      return `REVALIDATE session ${message.sessionId}`;
    case 'ping':
      return `PING ${formatZxid(message.zxid)} sessions ${message.sessions.map(({ id }) => id).join(' ')}`;
    case 'ack':
      return `ACK ${formatZxid(message.zxid)}`;
  }
}

export function formatEvent(event: LeaderEvent | LearnerEvent): string {
  switch (event.kind) {
    case 'serve':
      return `SERVE epoch ${event.epoch}`;
    case 'synced':
      return 'answer sync';
    case 'forwarded':
      return `decide type ${event.request.type} for ${event.link}`;
    default:
      return event.kind;
  }
}
