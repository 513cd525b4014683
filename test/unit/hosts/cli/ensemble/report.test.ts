import { expect, test } from 'vitest';
import { startFailure, usualName } from '../../../../../src/hosts/cli/ensemble/report.ts';

const place = {
  id: 2, observer: false, directory: '/d/server-2', configFile: '/d/server-2/zoo.cfg', dataDir: '/d/server-2/data', logFile: '/d/server-2/server.log',
  clientPort: 2182, peers: null,
};
const said = (logTail: string, code: number | null = 1, signal: string | null = null): string => startFailure({ place, pid: 7, exit: { code, signal, logTail } });

test.each([
  ['serving on 127.0.0.1:1\nzooscope: warn: a first\nzooscope: the disk is full.\n', 'exit code 1: the disk is full'],
  ['x\norg.apache.zookeeper.server.quorum.QuorumPeerConfig$ConfigException: Error processing /zoo.cfg\n\tat a.b(C.java:1)\nCaused by: java.lang.IllegalArgumentException: myid file is missing\n\t... 2 more',
    'exit code 1: Caused by: java.lang.IllegalArgumentException: myid file is missing'],
  ['10:00:00.000 [main] INFO x\n10:00:00.001 [main] ERROR o.a.z.Main - Unexpected exception, exiting abnormally\njava.net.BindException: Address already in use\n\tat x.y(Z.java:1)',
    'exit code 1: java.net.BindException: Address already in use'],
  ['Error: Could not find or load main class org.apache.zookeeper.server.quorum.QuorumPeerMain', 'exit code 1: Error: Could not find or load main class'],
  ['Unrecognized option: -Xbogus\nError: Could not create the Java Virtual Machine.\nError: A fatal exception has occurred. Program will exit.\n', 'exit code 1: Unrecognized option: -Xbogus'],
  ['nothing that looks like a reason', 'exit code 1; its log'],
])('finds the reason in a log', (log, reason) => {
  const text = said(log);
  expect(text).toContain(`server 2 did not start: ${reason}`);
  expect(text).toMatch(/; its log: \/d\/server-2\/server\.log$/);
  expect(text).not.toContain('\n');
});

test('names the signal, and cuts what is too long', () => {
  // A local server logs its everyday work as well, which is no reason.
  expect(said('zooscope: warn: a disk is slow\nzooscope: info: a leader is elected')).toContain('exit code 1: warn: a disk is slow; its log');
  expect(said('zooscope: info: a leader is elected', null, 'SIGKILL')).toContain('signal SIGKILL; its log');
  expect(said('', null, 'SIGKILL')).toBe('server 2 did not start: signal SIGKILL; its log: /d/server-2/server.log');
  expect(said(`zooscope: ${'x'.repeat(5_000)}`).length).toBeLessThan(600);
});

test('the usual directory tells the shape', () => {
  expect(usualName({ servers: 3, observers: 0 })).toBe('servers-3');
  expect(usualName({ servers: 5, observers: 2 })).toBe('servers-5-observers-2');
});
