/**
 * Configurations of an ensemble beside zoo.cfg, under Apache's names (facts 5.1, 5.10; QuorumPeerConfig.writeDynamicConfig,
 * editStaticConfig): `<zoo.cfg>.dynamic.next` for one that is proposed, `<zoo.cfg>.dynamic.<version>` for one that is in
 * force, which zoo.cfg names from then on; the zoo.cfg before is kept as `.bak`.
 */

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from '../../base/logger.ts';
import type { ConfigFiles } from '../../ensemble/member/configurations.ts';
import { propertyValue } from '../../platform/local-ensemble/layout.ts';

/** Lines of zoo.cfg that the dynamic file stands for. */
const MEMBERSHIP_LINE = /^\s*(server\.|group|weight|dynamicConfigFile|peerType)/;
const CLIENT_LINE = /^\s*(clientPort|clientPortAddress)\s*[=:\s]/;
const DYNAMIC_VERSION = /\.dynamic\.([0-9a-f]{1,16})$/i;

/** The version that a dynamic file's name tells; 0 when it tells none. */
export function versionOfDynamicFile(name: string): bigint {
  const hex = DYNAMIC_VERSION.exec(name)?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/**
 * The files beside one zoo.cfg. What cannot be written is logged: the tree and the log have it all the same.
 *
 * @param sid of the server whose zoo.cfg it is
 */
export function configFilesOf(file: string, sid: bigint, logger: Logger): ConfigFiles {
  // zoo.cfg has to lead to the dynamic file wherever the server is started next.
  const configFile = resolve(file);
  const attempt = (what: string, write: () => void): void => {
    try {
      write();
    } catch (error) {
      logger.log('error', `${what} could not be written`, { error });
    }
  };
  const next = `${configFile}.dynamic.next`;
  return {
    saveNext(text) {
      attempt(next, () => writeWhole(next, `${text}\n`));
    },
    saveCurrent(text, version) {
      const dynamic = `${configFile}.dynamic.${BigInt.asUintN(64, version).toString(16)}`;
      attempt(dynamic, () => {
        const lines = text.split('\n').filter((line) => !line.startsWith('version='));
        writeWhole(dynamic, `${lines.join('\n')}\n`);
        nameDynamicFile(configFile, dynamic, lines.some((line) => line.startsWith(`server.${sid}=`) && line.includes(';')));
        if (existsSync(next) && readFileSync(next, 'utf8').trim() === text.trim()) rmSync(next);
      });
    },
  };
}

/** @param clientInside the dynamic file says where clients find this server, so zoo.cfg does not */
function nameDynamicFile(configFile: string, dynamic: string, clientInside: boolean): void {
  const before = readFileSync(configFile, 'utf8');
  const kept = before.split('\n').filter((line) => !MEMBERSHIP_LINE.test(line) && !(clientInside && CLIENT_LINE.test(line)));
  while (kept.at(-1) === '') kept.pop();
  writeWhole(`${configFile}.bak`, before);
  writeWhole(configFile, `${[...kept, `dynamicConfigFile=${propertyValue(dynamic)}`].join('\n')}\n`);
}

/** All or nothing, and on disk when it returns. */
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.tmp`;
  const handle = openSync(temporary, 'w');
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
}
