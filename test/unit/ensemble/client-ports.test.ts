/** Which ports are opened, with what, and what counts before a handshake is over. */

import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { ClientPorts, readClientPortSettings } from '../../../src/ensemble/client-ports.ts';
import { parseZooCfg } from '../../../src/ensemble/config/zoo-cfg.ts';
import { Connections } from '../../../src/ensemble/connections.ts';
import type { ListenOptions } from '../../../src/ensemble/listener.ts';
import { ServerStats } from '../../../src/ensemble/processors/stats.ts';

const stores = 'ssl.keyStore.location=/k.pem\nssl.trustStore.location=/t.pem\n';

/** A machine on which port 7 is taken. */
async function open(text: string) {
  const config = parseZooCfg(`dataDir=/d\n${text}`);
  const opened: (ListenOptions & { closed: boolean })[] = [];
  const stats = new ServerStats();
  const connections = new Connections({ perAddress: config.maxClientCnxns, all: 0 });
  const accepted: boolean[] = [];
  const ports = await ClientPorts.open(config, readClientPortSettings(config), {
    connections, stats, logger: silentLogger,
    listen: (options, accept) => {
      if (options.port === 7) return Promise.reject(new Error('it is in use'));
      const place = { ...options, closed: false };
      opened.push(place);
      accept({} as Parameters<typeof accept>[0]);
      return Promise.resolve({ host: options.host ?? '::', port: options.port, close: () => { place.closed = true; return Promise.resolve(); } });
    },
    accept: (_socket, onSecurePort) => {
      accepted.push(onSecurePort);
      return null;
    },
  }).catch((error: unknown) => error as Error);
  return { ports, opened, accepted, stats };
}

const portsOf = (ports: ClientPorts | Error): ClientPorts => {
  if (ports instanceof Error) throw ports;
  return ports;
};

describe('ports for clients', () => {
  test.each([
    ['clientPort=1', [[1, 'in the clear', false]]],
    [`secureClientPort=2\nsecureClientPortAddress=::1\n${stores}`, [[2, 'TLS', true]]],
    [`clientPort=1\nsecureClientPort=2\n${stores}`, [[1, 'in the clear', false], [2, 'TLS', true]]],
    [`clientPort=1\nclient.portUnification=true\n${stores}`, [[1, 'both', false]]],
    [`clientPort=1\nsecureClientPort=2\nclient.portUnification=true\n${stores}`, [[1, 'both', false], [2, 'TLS', true]]],
  ])('%j', async (text, expected) => {
    const { ports, opened, accepted } = await open(text);
    expect(opened.map(({ port, tls }, at) => [port, tls === undefined ? 'in the clear' : tls.plainToo ? 'both' : 'TLS', accepted[at]])).toEqual(expected);
    expect(portsOf(ports).port).toBe(text.includes('clientPort=1') ? 1 : -1);
    expect(portsOf(ports).securePort).toBe(text.includes('secureClientPort=2') ? 2 : -1);
  });

  test('when one cannot be opened the other is closed again', async () => {
    const { ports, opened } = await open(`clientPort=1\nsecureClientPort=7\n${stores}`);
    expect(ports).toBeInstanceOf(Error);
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });

  test('the port in the clear moves, or stays when it cannot', async () => {
    const { ports, opened } = await open('clientPort=1');
    await portsOf(ports).move('127.0.0.1', 3);
    expect([portsOf(ports).port, opened.map(({ closed }) => closed)]).toEqual([3, [true, false]]);
    await expect(portsOf(ports).move(null, 7)).rejects.toThrow('in use');
    expect([portsOf(ports).port, opened[1]?.closed]).toEqual([3, false]);
  });

  test('handshakes count among the connections of their address, and have a limit of their own', async () => {
    const { ports, opened, stats } = await open(`secureClientPort=2\nmaxClientCnxns=3\nnetty.server.outstandingHandshake.limit=4\n${stores}`);
    const gate = opened[0]?.tls?.handshakes;
    if (gate === undefined) throw new Error('no gate');
    expect(['a', 'a', 'a', 'a', 'b', 'b'].map((address) => gate.begin(address))).toEqual([true, true, true, false, true, false]);
    expect(portsOf(ports).handshakes).toBe(4);
    gate.end('a', 'nonsense');
    gate.end('b', null);
    expect(portsOf(ports).handshakes).toBe(2);
    expect(gate.begin('a')).toBe(true);
    const counters = new Map<string, number>(stats.counters());
    expect([counters.get('connection_rejected'), counters.get('tls_handshake_exceeded'), counters.get('unsuccessful_handshake')]).toEqual([1, 1, 1]);
  });
});
