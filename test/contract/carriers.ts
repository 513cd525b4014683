/** The three ways from a view to the host, each behind the same handle, so that one body of tests runs over all. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SOCKET_PATH } from '../../src/contract/wire-api.ts';
import { FRAME } from '../../src/hosts/electron/channels.ts';
import { openIpcDoor } from '../../src/hosts/electron/ipc-door.ts';
import { encodeFrame } from '../../src/hosts/message-pack.ts';
import { serveView, type OpenDoor } from '../../src/hosts/view-session.ts';
import { startWebHost, type WebHost } from '../../src/hosts/web/web-host.ts';
import { electronLink } from '../../src/view/api/electron-link.ts';
import type { Link } from '../../src/view/api/link.ts';
import { memoryPair } from '../../src/view/api/memory-link.ts';
import { webSocketLink, type SocketLike } from '../../src/view/api/websocket-link.ts';
import { ElectronStandIn } from './electron-stand-in.ts';

export interface View {
  readonly link: Link;
  /** Sends a frame past the client, whatever it is. */
  sendRaw(frame: unknown): void;
  /** Ends the carrier without a word from the view. */
  cut(): void;
}

export interface Carrier {
  openView(): Promise<View>;
  close(): Promise<void>;
}

export interface CarrierKind {
  readonly name: string;
  start(openDoor: OpenDoor, logger?: Logger): Promise<Carrier>;
}

const memory: CarrierKind = {
  name: 'in-memory pair',
  start(openDoor, logger = silentLogger) {
    const links: Link[] = [];
    return Promise.resolve({
      openView() {
        const { link, host } = memoryPair();
        links.push(link);
        serveView(host, openDoor, logger);
        return Promise.resolve({ link, sendRaw: (frame) => link.send(frame), cut: () => host.close('cut') });
      },
      close() {
        for (const link of links) link.close();
        return Promise.resolve();
      },
    });
  },
};

const electron: CarrierKind = {
  name: 'Electron IPC (stand-in)',
  start(openDoor, logger = silentLogger) {
    const standIn = new ElectronStandIn();
    const isOurPage = (url: string): boolean => url.startsWith('app://zooscope/');
    const stop = openIpcDoor({ ipcMain: standIn.ipcMain, openDoor, logger, isOurPage });
    return Promise.resolve({
      async openView() {
        const page = await standIn.openPage('app://zooscope/index.html');
        return {
          link: electronLink(page.bridge),
          sendRaw: (frame) => page.sendRaw(FRAME, frame),
          // The window closes; its page learns nothing any more, so the host's end is all that can be seen.
          cut: () => page.bridge.open(),
        };
      },
      close() {
        stop();
        return Promise.resolve();
      },
    });
  },
};

const webSocket: CarrierKind = {
  name: 'WebSocket through the web host',
  async start(openDoor, logger = silentLogger) {
    const folder = await mkdtemp(join(tmpdir(), 'zooscope-view-'));
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>view</title>');
    const host = await startWebHost({ openDoor, folder, host: '127.0.0.1', port: 0, logger });
    const cookie = await enter(host);
    const links: Link[] = [];
    return {
      openView() {
        let last: WebSocket | undefined;
        const link = webSocketLink({
          url: `${host.origin.replace('http', 'ws')}${SOCKET_PATH}`,
          open(url) {
            last = new WebSocket(url, { origin: host.origin, headers: { cookie } });
            return last as unknown as SocketLike;
          },
        });
        links.push(link);
        return Promise.resolve({
          link,
          sendRaw: (frame) => last?.send(encodeFrame(frame)),
          cut: () => last?.terminate(),
        });
      },
      async close() {
        for (const link of links) link.close();
        await host.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

export const carriers: readonly CarrierKind[] = [memory, webSocket, electron];

/** Goes in by the first URL as a browser would. @returns the cookie */
export async function enter(host: WebHost): Promise<string> {
  const response = await fetch(host.url, { redirect: 'manual' });
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
