/** docs/server-configuration.md says of every key what the code does with it. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENSEMBLE_ONLY, ONLY_CLASS, REFUSED, REFUSED_UNLESS, WITHOUT_EFFECT } from '../../../../src/ensemble/config/accepted-keys.ts';
import { readAdminSettings } from '../../../../src/ensemble/config/admin-settings.ts';
import { ConfigError } from '../../../../src/ensemble/config/config-error.ts';
import { readMemberSettings } from '../../../../src/ensemble/config/member-settings.ts';
import { honouredProperties, unknownProperties } from '../../../../src/ensemble/config/known-keys.ts';
import { readQuorumSasl } from '../../../../src/ensemble/config/quorum-sasl-settings.ts';
import { readQuorumTls } from '../../../../src/ensemble/config/quorum-tls-settings.ts';
import { readSettings, refuseUnsupportedProperties } from '../../../../src/ensemble/config/settings.ts';
import { readTlsSettings } from '../../../../src/ensemble/config/tls-settings.ts';
import { parseZooCfg, zooCfgKeys } from '../../../../src/ensemble/config/zoo-cfg.ts';

interface Row {
  readonly key: string;
  readonly standard: string | null;
  readonly standing: string;
}

const page = readFileSync(new URL('../../../../docs/server-configuration.md', import.meta.url), 'utf8');

const rows: readonly Row[] = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim());
  const [, key] = /^`([^`]+)`$/.exec(cells[1] ?? '') ?? [];
  if (key === undefined) return [];
  const three = cells.length > 4;
  const [, standard = null] = (three && /^`([^`]+)`$/.exec(cells[2] ?? '')) || [];
  return [{ key, standard, standing: cells[three ? 3 : 2] ?? '' }];
});

const keysThat = (standing: string): string[] => rows.filter((row) => row.standing === standing).map(({ key }) => key);
const STORES = ['ssl.', 'ssl.quorum.'].map((prefix) => `${prefix}keyStore.location=key.pem\n${prefix}trustStore.location=trust.pem\n`).join('');
const QUORUM = 'portUnification=true\nquorum.auth.enableSasl=true\n';
const BASE = `dataDir=/data\nclientPort=2181\nadmin.enableServer=true\n${STORES}${QUORUM}`;
/** Where a row stands for several keys. */
const EXAMPLES: Readonly<Record<string, string>> = { 'authProvider.N': 'authProvider.1', 'server.N': 'server.1' };
/** Names that are whole as properties. */
const WHOLE = new Set(['java.security.auth.login.config', 'jute.maxbuffer', 'readonlymode.enabled']);

/** As the server reads it. @throws ConfigError */
function read(key: string, value: string): void {
  const { properties } = parseZooCfg(`${BASE}${key}=${value}\n`);
  readSettings(properties);
  refuseUnsupportedProperties(properties);
  readAdminSettings(properties);
  readTlsSettings(properties);
  readQuorumTls(properties);
  readQuorumSasl(properties);
}

describe('docs/server-configuration.md', () => {
  test('names each key once', () => {
    const keys = rows.map(({ key }) => key);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    expect(keys.length).toBeGreaterThan(200);
    expect(new Set(rows.map(({ standing }) => standing))).toEqual(new Set(['honoured', 'ensemble', 'no effect', 'refused']));
  });

  test('calls honoured, or refused, what the code asks for', () => {
    const asked = [...honouredProperties()].map((name) => name.replace(/^zookeeper\./, ''));
    const known = new Set(rows.map(({ key }) => key));
    expect([...asked, ...zooCfgKeys()].filter((key) => !known.has(key) && key !== 'authProvider.x509')).toEqual([]);
    const read = new Set([...asked, ...zooCfgKeys(), 'authProvider.N', 'superUser']);
    expect(keysThat('honoured').filter((key) => !read.has(key))).toEqual([]);
  });

  test.each(rows.filter(({ standard }) => standard !== null))('$key may have the value that it has without being set', ({ key, standard }) => {
    expect(() => read(key, standard ?? '')).not.toThrow();
  });

  test.each(keysThat('refused'))('%s is refused by name', (key) => {
    const complaints = ['true', 'false', 'x'].flatMap((value) => {
      try {
        read(key, value);
        return [];
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        return [(error as ConfigError).message];
      }
    });
    expect(complaints.some((message) => message.includes(key) && message.includes('not supported') || /cannot be used here/.test(message))).toBe(true);
  });

  test('says the same of what is accepted as the lists do', () => {
    expect(new Set(keysThat('no effect'))).toEqual(new Set(WITHOUT_EFFECT));
    expect(ENSEMBLE_ONLY.filter((key) => !keysThat('ensemble').includes(key))).toEqual([]);
    const refused = keysThat('refused');
    expect([...REFUSED, ...REFUSED_UNLESS.keys(), ...ONLY_CLASS.keys()].filter((key) => !refused.includes(key))).toEqual([]);
    const names = new Set(zooCfgKeys());
    expect(keysThat('ensemble').filter((key) => !ENSEMBLE_ONLY.includes(key) && !names.has(key) && EXAMPLES[key] === undefined)).toEqual([]);
  });

  test('says that members heed what they read', () => {
    const asked = new Set<string>();
    class Asked extends Map<string, string> {
      override get(name: string): string | undefined {
        asked.add(name.replace(/^zookeeper\./, ''));
        return super.get(name);
      }
    }
    readMemberSettings(new Asked());
    expect([...asked].sort()).toEqual([...ENSEMBLE_ONLY].sort());
  });

  test.each(ENSEMBLE_ONLY.filter((key) => key !== 'leaderServes'))('%s is refused by name when it cannot be read', (key) => {
    expect(() => readMemberSettings(new Map([[WHOLE.has(key) ? key : `zookeeper.${key}`, 'x']]))).toThrow(`${key}=x`);
  });

  test('leaves no key of the list unknown, and a slip of the pen is', () => {
    const known = new Set(zooCfgKeys());
    const properties = new Map(rows.filter(({ key }) => !known.has(key)).map(({ key }) => [WHOLE.has(key) ? key : `zookeeper.${EXAMPLES[key] ?? key}`, '1']));
    properties.delete('zookeeper.server.1');
    expect(unknownProperties(properties)).toEqual([]);
    expect(unknownProperties(new Map([['zookeeper.snapCuont', '1'], ['java.io.tmpdir', '/'], ['zookeeper.superUser.7', 'x']]))).toEqual(['zookeeper.snapCuont']);
  });
});
