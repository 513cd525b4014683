/**
 * The one door from windows into the main process. A window is served from its `open` until it navigates, closes,
 * crashes or misbehaves.
 * Must hold: nothing is taken from a frame that is not the main frame of one of our own pages.
 */

import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import type { Logger } from '../../base/logger.ts';
import { serveView, type OpenDoor, type ViewChannel } from '../view-session.ts';
import { CLOSED, FRAME, OPEN } from './channels.ts';

export interface IpcDoorOptions {
  readonly ipcMain: IpcMain;
  readonly openDoor: OpenDoor;
  readonly logger: Logger;
  /** Whether a page at this URL is ours. */
  readonly isOurPage: (url: string) => boolean;
}

interface NavigationStart {
  readonly isMainFrame: boolean;
  readonly isSameDocument: boolean;
}

/** A window that is being served. */
interface Served {
  receive(frame: unknown): void;
  end(): void;
}

/** Listens for windows. @returns stops, and ends what is served */
export function openIpcDoor(options: IpcDoorOptions): () => void {
  const { ipcMain, openDoor, logger, isOurPage } = options;
  const served = new Map<number, Served>();

  const trusted = (event: IpcMainEvent): boolean => {
    const frame = event.senderFrame;
    const ours = frame !== null && frame === event.sender.mainFrame && isOurPage(frame.url);
    if (!ours) logger.log('warn', `a message was refused: it came from ${frame?.url ?? 'a frame that is gone'}`);
    return ours;
  };
  const onOpen = (event: IpcMainEvent): void => {
    if (!trusted(event)) return;
    const { sender } = event;
    served.get(sender.id)?.end();
    const { view, channel } = windowChannel(sender, () => served.delete(sender.id));
    served.set(sender.id, view);
    serveView(channel, openDoor, logger);
  };
  const onFrame = (event: IpcMainEvent, frame: unknown): void => {
    if (trusted(event)) served.get(event.sender.id)?.receive(frame);
  };

  ipcMain.on(OPEN, onOpen);
  ipcMain.on(FRAME, onFrame);
  return () => {
    ipcMain.off(OPEN, onOpen);
    ipcMain.off(FRAME, onFrame);
    for (const view of [...served.values()]) view.end();
  };
}

/** A window as a channel. @param ended called once, when it is no longer served */
function windowChannel(contents: WebContents, ended: () => void): { view: Served; channel: ViewChannel } {
  let open = true;
  let receive: (frame: unknown) => void = () => undefined;
  let closed: () => void = () => undefined;

  const end = (): void => {
    if (!open) return;
    open = false;
    contents.off('destroyed', end);
    contents.off('render-process-gone', end);
    contents.off('did-start-navigation', onNavigation);
    ended();
    closed();
  };
  const close = (reason: string): void => {
    if (open && !contents.isDestroyed()) contents.send(CLOSED, reason);
    end();
  };
  // Also a reload. At its start, since the next page may ask to be served before its end is told; and with a word,
  // since a navigation that comes to nothing leaves the page where it is.
  const onNavigation = ({ isMainFrame, isSameDocument }: NavigationStart): void => {
    if (isMainFrame && !isSameDocument) close('the page is being left');
  };
  contents.on('destroyed', end);
  contents.on('render-process-gone', end);
  contents.on('did-start-navigation', onNavigation);

  const channel: ViewChannel = {
    send(frame) {
      if (open && !contents.isDestroyed()) contents.send(FRAME, frame);
    },
    onFrame(listener) {
      receive = listener;
    },
    onClose(listener) {
      closed = listener;
    },
    close,
  };
  return { view: { receive: (frame) => receive(frame), end }, channel };
}
