/**
 * A learner's end of the connection to its leader. In: words to say, bytes. Out: bytes, words; a snapshot's word comes
 * out when the tree behind it is all there. Must hold: words come out in the order in which they were said.
 */

import { WireError } from '../../model/errors.ts';
import { QuorumPacketDecoder, type QuorumPacket } from '../../wire/quorum/quorum-packet.ts';
import { SNAPSHOT_SIGNATURE } from '../../wire/quorum/packet-types.ts';
import type { ClientSocket, SocketHandler } from '../listener.ts';
import { SnapshotFeed } from '../log/snapshot-feed.ts';
import { readContent } from '../log/snapshot-reader.ts';
import type { LeaderMessage, LearnerMessage } from '../replication/messages.ts';
import type { Database } from '../tree/database.ts';
import { ByteQueue } from './byte-queue.ts';
import { learnerBytes, readLeaderMessage } from './words.ts';

export interface LearnerLinkEvents {
  /** @param tree what came with a snapshot */
  onMessage(message: LeaderMessage, tree: Database | null): void;
  /** Some of a tree has come. */
  onProgress(): void;
  onClosed(reason: string): void;
}

export class LearnerLink implements SocketHandler {
  readonly #socket: ClientSocket;
  readonly #newDatabase: () => Database;
  readonly #bufferMax: number;
  readonly #events: LearnerLinkEvents;
  #decoder: QuorumPacketDecoder;
  /** The bytes of a tree that is coming. */
  #tree: ByteQueue | null = null;
  #closed = false;
  #paused = false;
  /** Why it is paused: the disk is at work, or more of a tree is here than was taken in. */
  readonly #reasons = { disk: false, tree: false };

  /** @param bufferMax the longest buffer in a packet, in bytes */
  constructor(socket: ClientSocket, newDatabase: () => Database, bufferMax: number, events: LearnerLinkEvents) {
    this.#socket = socket;
    this.#newDatabase = newDatabase;
    this.#bufferMax = bufferMax;
    this.#events = events;
    this.#decoder = new QuorumPacketDecoder(bufferMax);
  }

  send(message: LearnerMessage): void {
    if (!this.#closed) this.#socket.write(learnerBytes(message));
  }

  /** While the disk is at work there is no point in hearing more. */
  pause(paused: boolean): void {
    this.#pause('disk', paused);
  }

  close(): void {
    this.#closed = true;
    this.#tree?.end();
    this.#socket.destroy();
  }

  onData(chunk: Uint8Array): void {
    if (this.#closed) return;
    if (this.#tree === null) {
      this.#decode(chunk);
      return;
    }
    this.#tree.push(chunk);
    this.#events.onProgress();
  }

  onDrain(): void {
    // Nothing waits for it: what a learner says is bounded by what its clients may have outstanding.
  }

  onClose(): void {
    if (!this.#closed) this.#fail('the connection is gone');
  }

  #pause(reason: 'disk' | 'tree', is: boolean): void {
    this.#reasons[reason] = is;
    const paused = this.#reasons.disk || this.#reasons.tree;
    if (this.#closed || paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  #decode(chunk: Uint8Array): void {
    try {
      this.#decoder.push(chunk, (packet) => this.#packet(packet));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#fail(error.message);
    }
  }

  #packet(packet: QuorumPacket): void {
    if (this.#closed) return;
    const message = readLeaderMessage(packet);
    if (message === null) return;
    if (message.kind !== 'snap') {
      this.#events.onMessage(message, null);
      return;
    }
    const queue = new ByteQueue((full) => this.#pause('tree', full));
    this.#tree = queue;
    this.#decoder.divert({
      take: (bytes) => {
        queue.push(bytes);
        return null;
      },
    });
    void this.#receiveTree(queue, message.zxid);
  }

  async #receiveTree(queue: ByteQueue, zxid: bigint): Promise<void> {
    const tree = this.#newDatabase();
    const feed = new SnapshotFeed(queue);
    try {
      await readContent(feed, tree);
      const signature = await feed.next((reader) => reader.ustring());
      if (signature !== SNAPSHOT_SIGNATURE) throw new WireError('a snapshot did not end as it should');
      tree.finish(zxid, null);
      tree.setBetween(true);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (!this.#closed) this.#fail(error.message);
      return;
    }
    if (this.#closed) return;
    const rest = feed.take((reader) => reader.rest());
    this.#tree = null;
    this.#decoder = new QuorumPacketDecoder(this.#bufferMax);
    this.#pause('tree', false);
    this.#events.onMessage({ kind: 'snap', zxid }, tree);
    if (rest instanceof Uint8Array) this.#decode(rest);
    for (const chunk of queue.takeAll()) this.#decode(chunk);
  }

  #fail(reason: string): void {
    this.close();
    this.#events.onClosed(reason);
  }
}
