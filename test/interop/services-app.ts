/** The services on this machine's real sockets and clock, called through the dispatcher the way a view calls them. */

import * as v from 'valibot';
import { PROFILE_DEFAULTS, type ProfileDraft } from '../../src/contract/connections.ts';
import { COMMANDS, type CommandName, type EventName, type EventPayload, type Params, type Result } from '../../src/contract/contract.ts';
import type { Failure } from '../../src/contract/shapes.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createDispatcher, type Dispatcher } from '../../src/hosts/dispatcher.ts';
import { nodeClock } from '../../src/platform/node-clock.ts';
import { nodeHash } from '../../src/platform/node-hash.ts';
import { nodeRandom } from '../../src/platform/node-random.ts';
import { nodeResolver } from '../../src/platform/node-resolver.ts';
import { nodeTransport } from '../../src/platform/node-transport.ts';
import type { LocalServers, Ports, TransferPorts } from '../../src/services/ports.ts';
import { createServices, type Services } from '../../src/services/services.ts';
import { readFile } from 'node:fs/promises';
import { memoryTransfer } from '../unit/services/memory-logs.ts';
import { fakeLocalServers, memorySecrets, memoryStore } from '../unit/services/harness.ts';

export interface RealApp {
  readonly services: Services;
  readonly dispatcher: Dispatcher;
  readonly ports: Ports;
  call<N extends CommandName>(name: N, params: Params<N>): Promise<Result<N>>;
  fail<N extends CommandName>(name: N, params: Params<N>): Promise<Failure>;
  told<N extends EventName>(name: N): EventPayload<N>[];
  /** Opens a new profile and waits until it is connected. */
  open(connectString: string, draft?: Partial<ProfileDraft>): Promise<string>;
  /** The requests of a connection since it opened, as `operation`. */
  operations(connectionId: string): Promise<string[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function draftFor(connectString: string, draft: Partial<ProfileDraft> = {}): ProfileDraft {
  return { ...PROFILE_DEFAULTS, auth: [], id: null, name: 'interop', sessionTimeoutMs: 8_000, connectString, ...draft };
}

/** Waits for a condition, asking often. */
export async function until<T>(what: string, ask: () => T | Promise<T>, timeoutMs = 20_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (value !== null && value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @param openStore what an earlier app left; empty stores where it is left out */
export function startApp(
  localServers: LocalServers = fakeLocalServers(),
  transfer: TransferPorts = memoryTransfer(),
  openStore?: Ports['openStore'],
): RealApp {
  const stores = { profiles: memoryStore(), settings: memoryStore(), lab: memoryStore() };
  const ports: Ports = {
    app: { version: '0.0.0', host: 'web', platform: process.platform },
    openStore: openStore ?? ((name) => stores[name]),
    secrets: memorySecrets(),
    localServers,
    transport: nodeTransport({ random: nodeRandom }),
    resolver: nodeResolver(),
    hash: nodeHash,
    clock: nodeClock,
    random: nodeRandom,
    logger: silentLogger,
    transfer,
    readResource: (name) => readFile(new URL(`../../resources/${name}`, import.meta.url), 'utf8'),
  };
  const services = createServices(ports);
  const dispatcher = createDispatcher(services);
  const events: { name: string; payload: unknown }[] = [];
  dispatcher.onEvent((name, payload) => events.push({ name, payload }));
  let calls = 0;
  const close = async (): Promise<void> => {
    dispatcher.close();
    await services.close();
  };
  const app: RealApp = {
    services,
    dispatcher,
    ports,
    async call<N extends CommandName>(name: N, params: Params<N>) {
      const outcome = await dispatcher.call(`call-${++calls}`, name, params);
      if (!outcome.ok) throw new Error(`${name} failed: ${outcome.failure.code}: ${outcome.failure.message}`);
      return v.parse(COMMANDS[name].result as never, outcome.value) as Result<N>;
    },
    async fail(name, params) {
      const outcome = await dispatcher.call(`call-${++calls}`, name, params);
      if (outcome.ok) throw new Error(`${name} should have failed`);
      return outcome.failure;
    },
    told: <N extends EventName>(name: N) =>
      events.filter((event) => event.name === name).map((event) => event.payload as EventPayload<N>),
    async open(connectString, draft = {}) {
      const { id } = await app.call('profiles.save', draftFor(connectString, draft));
      const { connectionId } = await app.call('connections.open', { profileId: id });
      await until('connected', async () =>
        (await app.call('connections.list', {})).some((each) => each.connectionId === connectionId && each.state.startsWith('connected')),
      );
      return connectionId;
    },
    async operations(connectionId) {
      return (await app.call('requests.history', { connectionId, afterSeq: 0 })).map(({ operation }) => operation);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return app;
}
