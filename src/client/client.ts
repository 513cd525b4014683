/** The entry of the client: options in, a session to an ensemble out. */

import { UsageError } from '../model/errors.ts';
import { JUTE_MAX_BUFFER_DEFAULT } from '../wire/framing.ts';
import type { ClientOptions, ZooKeeper } from './api.ts';
import { parseConnectString } from './connect-string.ts';
import { Engine } from './engine.ts';
import { ZooKeeperClient } from './zookeeper-client.ts';

/**
 * Opens a session: begins to connect at once and returns without waiting. Requests may be issued right away.
 *
 * @throws UsageError BadConnectString, or BadOptions for a number out of range
 */
export function connectZooKeeper(options: ClientOptions): ZooKeeper {
  const target = parseConnectString(options.connectString);
  const requestBytesMax = options.requestBytesMax ?? JUTE_MAX_BUFFER_DEFAULT;
  checkRange('sessionTimeoutMs', options.sessionTimeoutMs, 1, 0x7fff_ffff);
  checkRange('connectTimeoutMs', options.connectTimeoutMs, 1, 0x7fff_ffff);
  checkRange('inFlightMax', options.inFlightMax, 1, 1_000_000);
  checkRange('queuedMax', options.queuedMax, 1, 10_000_000);
  checkRange('requestBytesMax', requestBytesMax, 1_024, 0x7fff_ffff);
  const engine = new Engine(options, target, requestBytesMax);
  engine.start();
  return new ZooKeeperClient(engine);
}

function checkRange(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  throw new UsageError('BadOptions', `${name} is a whole number from ${min} to ${max}: ${value}`);
}
