/** The app itself: what it is, its settings, its notices. */

import * as v from 'valibot';
import { Emitter, type Event } from '../../base/emitter.ts';
import { DEFAULT_SETTINGS, Settings } from '../../contract/app.ts';
import type { Params } from '../../contract/contract.ts';
import type { HandlersOf, Tell } from '../context.ts';
import type { AppFacts, SecretStoreKind, Store } from '../ports.ts';
import { openDocument } from './documents.ts';
import type { Notices } from './notices.ts';

const SETTINGS_VERSION = 1;

const StoredSettings = v.object({ settings: v.fallback(v.partial(Settings), {}) });

/** What is undefined stays as it is. */
export type SettingsChange = Params<'settings.set'>;

export interface SettingsService {
  get(): Promise<Settings>;
  set(change: SettingsChange): Promise<Settings>;
  readonly changed: Event<Settings>;
}

/** The settings; what is missing, or no longer valid, has its default value. */
export function createSettings(store: Store, notices: Notices, tell: Tell): SettingsService {
  const document = openDocument(store, notices, {
    title: 'settings',
    version: SETTINGS_VERSION,
    schema: StoredSettings,
    empty: { settings: {} },
  });
  const changed = new Emitter<Settings>();
  return {
    changed,
    get: async () => whole(await document.get()),
    async set(change) {
      const next = whole(await document.update((now) => ({ settings: { ...now.settings, ...given(change) } })));
      tell('settings.changed', next);
      changed.emit(next);
      return next;
    },
  };
}

function whole(stored: { readonly settings: SettingsChange }): Settings {
  return { ...DEFAULT_SETTINGS, ...given(stored.settings) };
}

function given(change: SettingsChange): Partial<Settings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** The handlers of `app.*` and `settings.*`. */
export function appHandlers(
  facts: AppFacts,
  secretStore: SecretStoreKind,
  startProfileId: () => string | null,
  settings: SettingsService,
  notices: Notices,
): HandlersOf<'app.info' | 'app.notices' | 'settings.get' | 'settings.set'> {
  return {
    'app.info': () => ({ ...facts, secretStore, startProfileId: startProfileId() }),
    'app.notices': () => notices.list(),
    'settings.get': () => settings.get(),
    'settings.set': (params) => settings.set(params),
  };
}
