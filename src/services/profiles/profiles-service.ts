/**
 * Saved connections. In: drafts from the dialog. Out: profiles without secrets.
 * Must hold: a profile that is saved has a connect string that the client can read; a secret is never in the document.
 */

import * as v from 'valibot';
import { Emitter, type Event } from '../../base/emitter.ts';
import type { Random } from '../../base/random.ts';
import { Profile, type ProfileDraft } from '../../contract/connections.ts';
import { UsageError } from '../../model/errors.ts';
import { openDocument } from '../app/documents.ts';
import type { Notices } from '../app/notices.ts';
import type { HandlersOf, Tell } from '../context.ts';
import type { SecretStore, Store } from '../ports.ts';
import { newId } from '../util/ids.ts';
import { parseConnectString } from '../../client/connect-string.ts';
import { secretKey } from './credentials.ts';

const PROFILES_VERSION = 1;
const StoredProfiles = v.object({ profiles: v.array(Profile) });

export interface ProfilesService {
  list(): Promise<readonly Profile[]>;
  /** @throws UsageError UnknownProfile */
  get(id: string): Promise<Profile>;
  /**
   * @param labId for the profile of a local server
   * @throws UsageError BadConnectString, UnknownProfile, StoreFailed
   */
  save(draft: ProfileDraft, labId?: string): Promise<Profile>;
  /** Removes it with its secrets; one that is not there is ignored. */
  remove(id: string): Promise<void>;
  /** Notes that it was opened now. */
  touch(id: string, atMs: number): Promise<void>;
  readonly saved: Event<Profile>;
}

/** The saved connections on their document. */
export function createProfiles(store: Store, secrets: SecretStore, random: Random, notices: Notices, tell: Tell): ProfilesService {
  const document = openDocument(store, notices, {
    title: 'connections',
    version: PROFILES_VERSION,
    schema: StoredProfiles,
    empty: { profiles: [] },
  });
  const saved = new Emitter<Profile>();
  const change = async (edit: (profiles: readonly Profile[]) => Profile[]): Promise<void> => {
    const next = await document.update((now) => ({ profiles: edit(now.profiles) }));
    tell('profiles.changed', next.profiles);
  };
  const find = async (id: string): Promise<Profile | undefined> =>
    (await document.get()).profiles.find((profile) => profile.id === id);
  const get = async (id: string): Promise<Profile> => {
    const found = await find(id);
    if (found === undefined) throw new UsageError('UnknownProfile', `there is no saved connection ${id}`);
    return found;
  };

  return {
    saved,
    list: async () => (await document.get()).profiles,
    get,
    async save(draft, labId) {
      parseConnectString(draft.connectString);
      const before = draft.id === null ? null : await get(draft.id);
      const next = profileOf(draft, before, labId ?? null, random);
      // Secrets first: a profile that claims a secret which is not there is worse than a secret nobody refers to.
      const auth = await storeSecrets(secrets, next, draft);
      const profile = { ...next, auth };
      await change((profiles) =>
        before === null ? [...profiles, profile] : profiles.map((entry) => (entry.id === profile.id ? profile : entry)),
      );
      await forgetSecrets(secrets, profile.id, before, profile);
      saved.emit(profile);
      return profile;
    },
    async remove(id) {
      const gone = await find(id);
      if (gone === undefined) return;
      await change((profiles) => profiles.filter((profile) => profile.id !== id));
      await forgetSecrets(secrets, id, gone, null);
    },
    touch: (id, atMs) =>
      change((profiles) => profiles.map((entry) => (entry.id === id ? { ...entry, lastOpenedMs: atMs } : entry))),
  };
}

function profileOf(draft: ProfileDraft, before: Profile | null, labId: string | null, random: Random): Profile {
  const known = new Map((before?.auth ?? []).map((entry) => [entry.id, entry]));
  const auth = draft.auth.map((entry) => {
    // An id that this profile does not know is not taken over: it could name another profile's secret.
    const old = entry.id === null ? undefined : known.get(entry.id);
    return { id: old?.id ?? newId(random), scheme: entry.scheme, user: entry.user, hasSecret: old?.hasSecret ?? false };
  });
  return {
    ...draft,
    id: before?.id ?? newId(random),
    auth,
    labId: labId ?? before?.labId ?? null,
    lastOpenedMs: before?.lastOpenedMs ?? null,
  };
}

/** Stores what the draft brings. @returns the entries, each saying whether there is a secret now */
async function storeSecrets(secrets: SecretStore, profile: Profile, draft: ProfileDraft): Promise<Profile['auth']> {
  const out: Profile['auth'] = [];
  for (const [index, entry] of profile.auth.entries()) {
    const secret = draft.auth[index]?.secret;
    if (typeof secret === 'string') await secrets.set(secretKey(profile.id, entry.id), secret);
    out.push(secret === undefined ? entry : { ...entry, hasSecret: secret !== null });
  }
  return out;
}

/** Forgets the secrets that were there before and are no longer referred to. */
async function forgetSecrets(secrets: SecretStore, profileId: string, before: Profile | null, now: Profile | null): Promise<void> {
  const kept = new Set((now?.auth ?? []).filter((entry) => entry.hasSecret).map((entry) => entry.id));
  for (const entry of before?.auth ?? []) {
    if (!kept.has(entry.id)) await secrets.remove(secretKey(profileId, entry.id));
  }
}

/** The handlers of `profiles.*`, but for the test. */
export function profileHandlers(
  profiles: ProfilesService,
): HandlersOf<'profiles.list' | 'profiles.save' | 'profiles.remove'> {
  return {
    'profiles.list': async () => [...(await profiles.list())],
    'profiles.save': ({ ...draft }) => profiles.save(draft),
    'profiles.remove': async ({ id }) => {
      await profiles.remove(id);
      return null;
    },
  };
}
