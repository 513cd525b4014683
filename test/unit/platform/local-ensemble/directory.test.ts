/** The directory of an ensemble: made, taken up, refused. What processes make of it is tested in test/interop. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readConfigFacts } from '../../../../src/hosts/local-ensemble/read-config.ts';
import { checkIds, openEnsembleDirectory, type DirectoryRequest } from '../../../../src/platform/local-ensemble/directory.ts';
import { temporaryDirectory } from '../../../support/process-guard.ts';

let directory = '';
beforeEach(() => {
  directory = join(temporaryDirectory(), 'a b \\ ü');
});

const open = (request: Partial<DirectoryRequest> = {}) =>
  openEnsembleDirectory({ directory, servers: null, observers: null, clientPort: null, readConfig: readConfigFacts, ...request });
const config = (id: number): string => join(directory, `server-${id}`, 'zoo.cfg');

async function make(request: Partial<DirectoryRequest> = {}): Promise<void> {
  await (await open(request)).write();
}

test('three servers from port 2181 on, unless more is said; nothing is written before it is asked for', async () => {
  const opened = await open();
  expect(opened).toMatchObject({ shape: { servers: 3, observers: 0 }, fresh: true });
  expect(opened.places.map(({ id, clientPort, observer }) => [id, clientPort, observer])).toEqual([[1, 2181, false], [2, 2182, false], [3, 2183, false]]);
  expect(new Set(opened.places.flatMap(({ peers }) => [peers?.quorumPort, peers?.electionPort])).size).toBe(6);
  expect(readdirSync(directory)).toEqual([]);
  await opened.write();
  expect(readFileSync(join(directory, 'server-3', 'data', 'myid'), 'utf8')).toBe('3\n');
});

test('is read back as it was made, whatever its path is spelled with', async () => {
  const made = await open({ servers: 2, observers: 1, clientPort: 4000 });
  await made.write();
  const read = await open();
  expect(read).toMatchObject({ shape: made.shape, fresh: false });
  expect(read.places).toMatchObject(made.places);
});

test('moves its client ports and leaves every other line as a person wrote it', async () => {
  await make();
  const text = `${readFileSync(config(2), 'utf8')}# mine\nsnapCount=500\n`;
  writeFileSync(config(2), text);
  const moved = await open({ clientPort: 5000 });
  expect(readFileSync(config(2), 'utf8')).toBe(text);
  await moved.write();
  expect(readFileSync(config(2), 'utf8')).toBe(text.replace('clientPort=2182', 'clientPort=5001'));
  expect((await open()).places.map(({ clientPort }) => clientPort)).toEqual([5000, 5001, 5002]);
});

test('takes up servers whose membership stands in a dynamic file', async () => {
  await make({ servers: 2 });
  for (const id of [1, 2]) {
    const lines = readFileSync(config(id), 'utf8').split('\n');
    const isStatic = (line: string): boolean => !line.startsWith('server.') && !line.startsWith('clientPort');
    const members = lines.filter((line) => line.startsWith('server.')).map((line, index) => `${line}:participant;127.0.0.1:${6000 + index}`);
    writeFileSync(`${config(id)}.dynamic.100000000`, members.join('\n'));
    const dynamicFile = `${config(id)}.dynamic.100000000`.replaceAll('\\', '\\\\').replaceAll('ü', '\\u00fc');
    writeFileSync(config(id), [...lines.filter(isStatic), `dynamicConfigFile=${dynamicFile}`, ''].join('\n'));
  }
  expect((await open()).places.map(({ clientPort }) => clientPort)).toEqual([6000, 6001]);
  await expect(open({ clientPort: 7000 })).rejects.toThrow('the client port cannot be changed here: it stands in the line server.1 of every member');
});

test.each([
  [{ servers: 3 }, 'holds an ensemble of 2 servers and 1 observer, not of 3 servers and 1 observer'],
  [{ observers: 0 }, 'holds an ensemble of 2 servers and 1 observer, not of 2 servers'],
  [{ clientPort: 65_534 }, 'the client ports would run from 65534 to 65536'],
])('is refused for %j', async (request, message) => {
  await make({ servers: 2, observers: 1 });
  await expect(open(request)).rejects.toThrow(message);
});

test('is refused where dataDir leads somewhere else when a server is started somewhere else', async () => {
  await make({ servers: 1 });
  const data = join(directory, 'server-1', 'data');
  writeFileSync(config(1), `dataDir=${relative(process.cwd(), data).replaceAll('\\', '\\\\').replaceAll('ü', '\\u00fc')}\nclientPort=2181\n`);
  await expect(open()).rejects.toThrow(`not ${data}: was the directory moved or copied? Correct the line`);
});

test('knows a server whose myid is that of another, or gone', async () => {
  await make();
  const { places } = await open();
  const myid = join(directory, 'server-2', 'data', 'myid');
  writeFileSync(myid, ' 02\n\n');
  await checkIds(places);
  writeFileSync(myid, '3\n');
  await expect(checkIds(places)).rejects.toThrow(`${myid} holds "3", and this is server 2: correct it`);
  rmSync(myid);
  await expect(checkIds(places)).rejects.toThrow(`${myid} is not there: it has to hold 2, the number of this server`);
  await checkIds(places.map((place) => ({ ...place, peers: null })));
});

test('is refused when a server is missing or speaks of others', async () => {
  await make();
  mkdirSync(join(directory, 'server-4', 'data', 'version-2'), { recursive: true });
  writeFileSync(config(4), readFileSync(config(1)));
  await expect(open()).rejects.toThrow(`${config(1)}: it speaks of servers 1, 2, 3, and ${directory} has 1, 2, 3, 4: this is no ensemble that was made here`);
  await expect(open()).rejects.toThrow(/What a reconfiguration took out must be moved away: server-4$/);
});

test('one that was never whole is made anew; one with data is not touched', async () => {
  for (const id of [2, 3]) mkdirSync(join(directory, `server-${id}`, 'data'), { recursive: true });
  writeFileSync(`${config(3)}.new-123`, 'ha');
  await make({ servers: 1 });
  expect(readdirSync(directory)).toEqual(['server-1']);

  mkdirSync(join(directory, 'server-2', 'data', 'version-2'), { recursive: true });
  await expect(make()).rejects.toThrow(`${config(1)}: it speaks of servers none`);
  expect(existsSync(join(directory, 'server-2', 'data', 'version-2'))).toBe(true);
});
