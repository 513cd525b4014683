/**
 * The sandboxed preload: shows the page a bridge of four functions. Neither `ipcRenderer` nor an event object ever
 * reaches the page.
 */

import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { BRIDGE_NAME, type ViewBridge } from '../../contract/wire-api.ts';
import { CLOSED, FRAME, OPEN } from './channels.ts';

function listen(channel: string, listener: (value: unknown) => void): () => void {
  const own = (_event: IpcRendererEvent, value: unknown): void => listener(value);
  ipcRenderer.on(channel, own);
  return () => {
    ipcRenderer.off(channel, own);
  };
}

const bridge: ViewBridge = {
  open: () => ipcRenderer.send(OPEN),
  send: (frame) => ipcRenderer.send(FRAME, frame),
  onFrame: (listener) => listen(FRAME, listener),
  onClose: (listener) => listen(CLOSED, (reason) => listener(String(reason))),
};

contextBridge.exposeInMainWorld(BRIDGE_NAME, bridge);
