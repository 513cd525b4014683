/** The app itself: what it is, and its settings. */

import * as v from 'valibot';
import { command } from './define.ts';

export const AppInfo = v.object({
  version: v.string(),
  host: v.picklist(['electron', 'web']),
  platform: v.string(),
  /** Where secrets go: the OS keychain, an obfuscated file (no keychain found), or memory until the end. */
  secretStore: v.picklist(['keychain', 'plaintext', 'memory']),
  /** A connection that the command line asked for, opened by the view at start. */
  startProfileId: v.nullable(v.string()),
});

export const Settings = v.object({
  theme: v.picklist(['system', 'light', 'dark']),
  language: v.picklist(['system', 'en', 'zh-CN']),
  /** A node with more children asks before it is listed. */
  wideNodeChildren: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Re-read what is on screen when a watch says it changed. */
  liveRefresh: v.boolean(),
  /** Ask each server for its state this often, ms; 0: only by hand. */
  clusterPollMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type Settings = v.InferOutput<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  language: 'system',
  wideNodeChildren: 20_000,
  liveRefresh: true,
  clusterPollMs: 2_000,
};

/** Something a person should know that belongs to no call: a document that could not be read, a keychain that is missing. */
export const Notice = v.object({
  id: v.string(),
  atMs: v.number(),
  level: v.picklist(['info', 'warning', 'error']),
  /** StoredDocumentDamaged, StoredDocumentNewer, StoreFailed, ... */
  code: v.string(),
  message: v.string(),
});
export type Notice = v.InferOutput<typeof Notice>;

export const appCommands = {
  'app.info': command('read', v.object({}), AppInfo),
  /** The notices since the app started, oldest first; at most 100. */
  'app.notices': command('read', v.object({}), v.array(Notice)),
  'settings.get': command('read', v.object({}), Settings),
  'settings.set': command('admin', v.partial(Settings), Settings),
};

export const appEvents = { 'settings.changed': Settings, 'app.notice': Notice };
