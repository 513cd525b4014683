/** Runs the connection test of the dialog: the steps as they are told, and a way to stop. */

import { onBeforeUnmount, ref, shallowRef } from 'vue';
import type { ProfileDraft, TestStep } from '../../../contract/connections.ts';
import type { Failure } from '../../../contract/shapes.ts';
import { failureOf, isCancelled } from '../../stores/backend.ts';
import { useProfilesStore } from '../../stores/profiles.ts';

export function useConnectionTest() {
  const profiles = useProfilesStore();
  const steps = shallowRef<readonly TestStep[]>([]);
  const running = ref<boolean>(false);
  const failure = shallowRef<Failure | null>(null);
  const ran = ref<boolean>(false);
  let abort: AbortController | null = null;

  async function run(draft: ProfileDraft): Promise<void> {
    abort?.abort();
    const mine = new AbortController();
    abort = mine;
    steps.value = [];
    failure.value = null;
    running.value = true;
    ran.value = true;
    const onStep = (index: number, step: TestStep): void => {
      if (abort === mine) steps.value = steps.value.toSpliced(index, 1, step);
    };
    try {
      const all = await profiles.test(draft, onStep, mine.signal);
      if (abort === mine) steps.value = all;
    } catch (thrown) {
      if (abort === mine && !isCancelled(thrown)) failure.value = failureOf(thrown);
    } finally {
      if (abort === mine) running.value = false;
    }
  }

  function stop(): void {
    abort?.abort();
  }

  onBeforeUnmount(stop);
  return { steps, running, failure, ran, run, stop };
}
