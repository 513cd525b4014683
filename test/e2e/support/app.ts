/**
 * The app as a person has it: `zooscope serve` in a process of its own, with a data directory of its own.
 * Needs a build. Must hold: the process and what it started end with the test.
 */

import { WebSocket } from 'ws';
import { expect, vi } from 'vitest';
import { PROFILE_DEFAULTS, type ProfileDraft } from '../../../src/contract/connections.ts';
import { SOCKET_PATH } from '../../../src/contract/wire-api.ts';
import { createApi, type Api } from '../../../src/view/api/client.ts';
import { webSocketLink, type SocketLike } from '../../../src/view/api/websocket-link.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';
import { addressIn, zooscope } from '../hosts-support.ts';

export interface WebApp {
  /** With the token: opens the app in any browser. */
  readonly url: string;
  readonly home: string;
  readonly pid: number;
  /** The contract from outside the browser, let in as a page is. */
  api(): Promise<Api>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** SIGTERM, as Ctrl-C would; resolves with the exit code when it has ended. */
  end(): Promise<number | string>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts the app.
 *
 * @param connect opened at the start; null: as on a fresh machine, with an embedded server and the sample tree
 * @param profile over the defaults of what is opened
 * @param earlierHome of an app that has ended; `stop` does not remove it
 */
export async function startApp(connect: string | null, profile: Partial<ProfileDraft> = {}, earlierHome?: string): Promise<WebApp> {
  const home = earlierHome ?? temporaryDirectory();
  const run = zooscope(home, ['serve', '--port', '0', ...(connect === null ? [] : ['--connect', connect])]);
  const apis: Api[] = [];
  const end = async (): Promise<number | string> => {
    for (const api of apis.splice(0)) api.close();
    run.child.kill('SIGTERM');
    return run.ended;
  };
  const url = await vi.waitFor(
    () => {
      const address = addressIn(run.out());
      expect(address, run.err()).toBeDefined();
      return address as string;
    },
    { timeout: 60_000, interval: 50 },
  );
  if (Object.keys(profile).length > 0) {
    const api = await enter(url);
    const [made] = await api.call('profiles.list', {});
    if (made !== undefined) await api.call('profiles.save', { ...PROFILE_DEFAULTS, auth: [], name: made.name, connectString: made.connectString, id: made.id, ...profile });
    api.close();
  }
  return {
    url,
    home,
    pid: run.child.pid ?? 0,
    async api() {
      const api = await enter(url);
      apis.push(api);
      return api;
    },
    end,
    async kill() {
      for (const api of apis.splice(0)) api.close();
      run.child.kill('SIGKILL');
      await run.ended;
    },
    async stop() {
      await end();
      if (earlierHome === undefined) removeTemporaryDirectory(home);
    },
  };
}

async function enter(url: string): Promise<Api> {
  const { origin } = new URL(url);
  const entered = await fetch(url, { redirect: 'manual' });
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  return createApi(
    webSocketLink({
      url: `${origin.replace('http', 'ws')}${SOCKET_PATH}`,
      open: (address) => new WebSocket(address, { origin, headers: { cookie } }) as unknown as SocketLike,
    }),
  );
}
