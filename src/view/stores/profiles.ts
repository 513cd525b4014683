/** Saved connections, as the app knows them: a copy kept current by `profiles.changed`. */

import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { PROFILE_DEFAULTS, type Profile, type ProfileDraft, type TestStep } from '../../contract/connections.ts';
import type { Failure } from '../../contract/shapes.ts';
import { backend, failureOf } from './backend.ts';

/** A profile as the dialog edits it; secrets are never part of what is read back. */
export function draftOf(profile: Profile): ProfileDraft {
  const { id, name, group, colour, environment, readOnly, connectString } = profile;
  const { sessionTimeoutMs, connectTimeoutMs, canBeReadOnly, juteMaxBuffer } = profile;
  return {
    id, name, group, colour, environment, readOnly, connectString,
    sessionTimeoutMs, connectTimeoutMs, canBeReadOnly, juteMaxBuffer,
    auth: profile.auth.map((entry) => ({ id: entry.id, scheme: entry.scheme, user: entry.user })),
  };
}

/** The draft of a connection that is not saved yet. */
export function newDraft(): ProfileDraft {
  return { ...PROFILE_DEFAULTS, id: null, auth: [] };
}

export const useProfilesStore = defineStore('profiles', () => {
  const profiles = shallowRef<readonly Profile[]>([]);
  const loaded = shallowRef<boolean>(false);
  const failure = shallowRef<Failure | null>(null);

  const groups = computed(() =>
    [...new Set(profiles.value.flatMap(({ group }) => (group === null ? [] : [group])))].sort((a, b) => a.localeCompare(b)),
  );

  function take(next: readonly Profile[]): void {
    profiles.value = next;
    loaded.value = true;
    failure.value = null;
  }

  async function load(): Promise<void> {
    try {
      take(await backend().call('profiles.list', {}));
    } catch (thrown) {
      failure.value = failureOf(thrown);
    }
  }

  async function start(): Promise<void> {
    backend().on('profiles.changed', take);
    await load();
  }

  /** @throws ApiError */
  async function save(draft: ProfileDraft): Promise<Profile> {
    const saved = await backend().call('profiles.save', draft);
    const others = profiles.value.filter(({ id }) => id !== saved.id);
    take([...others, saved]);
    return saved;
  }

  /** @throws ApiError */
  async function remove(id: string): Promise<void> {
    await backend().call('profiles.remove', { id });
    take(profiles.value.filter((profile) => profile.id !== id));
  }

  /** Walks the layers of a draft; `onStep` hears each step as it goes. @throws ApiError */
  async function test(draft: ProfileDraft, onStep: (index: number, step: TestStep) => void, signal: AbortSignal): Promise<TestStep[]> {
    const testId = crypto.randomUUID();
    const stop = backend().on('profiles.testStep', (told) => {
      if (told.testId === testId) onStep(told.index, told.step);
    });
    try {
      return await backend().call('profiles.test', { testId, draft }, { signal });
    } finally {
      stop();
    }
  }

  const byId = (id: string): Profile | undefined => profiles.value.find((profile) => profile.id === id);

  return { profiles, loaded, failure, groups, start, load, save, remove, test, byId };
});
