/**
 * The same conversations with Apache's server and with ours. Each line must be equal, zxids included, but for a
 * short list of differences that are meant, each with its reason.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone, type ServersHandle } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { Room } from './server-conversation.ts';
import { chosenConversations, holdAll } from './server-conversations.ts';

/** Debian's 3.8.0 has the later rule for watch events, but not the one for exists. */
const asBefore384 = ['-Dzookeeper.zooscope.existsNeedsRead=false'];

describeWith(['java', 'zookeeper'], 'conversations with Apache ZooKeeper and with the embedded server', () => {
  let running: ServersHandle[] = [];
  let apache = new Map<string, readonly string[]>();
  let embedded = new Map<string, readonly string[]>();

  beforeAll(async () => {
    const jvm = ['-Dzookeeper.extendedTypesEnabled=true'];
    // No session that a conversation leaves behind expires meanwhile: the moment would be each server's own.
    const config = { enforceQuota: 'true', tickTime: '6000' };
    running = await Promise.all([startApacheStandalone({ config, jvm }), startEmbeddedStandalone({ config, jvm: [...jvm, ...asBefore384] })]);
    const rooms = running.map((group) => new Room(group.server(1).host, group.server(1).clientPort));
    [apache, embedded] = (await Promise.all(rooms.map(holdAll))) as [typeof apache, typeof embedded];
  });
  afterAll(() => Promise.all(running.map((group) => group.stopAll())));

  test.each(chosenConversations.map(({ name }) => name))('%s', (name) => {
    expect(embedded.get(name)).toEqual(apache.get(name));
  });
});
