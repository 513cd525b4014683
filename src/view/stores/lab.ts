/** Local servers that this app made. */

import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { LabServer } from '../../contract/lab.ts';
import { backend } from './backend.ts';

export const useLabStore = defineStore('lab', () => {
  const byId = shallowRef<ReadonlyMap<string, LabServer>>(new Map());
  const servers = computed(() => [...byId.value.values()]);
  /** A server is being made right now. */
  const creating = ref<boolean>(false);

  function take(server: LabServer): LabServer {
    byId.value = new Map(byId.value).set(server.labId, server);
    return server;
  }

  /** @throws ApiError */
  async function start(): Promise<void> {
    backend().on('lab.changed', take);
    for (const server of await backend().call('lab.list', {})) take(server);
  }

  /** Makes a server with the sample tree and waits until it serves. @throws ApiError */
  async function create(): Promise<LabServer> {
    creating.value = true;
    try {
      return take(await backend().call('lab.create', { name: null, sampleTree: true }));
    } finally {
      creating.value = false;
    }
  }

  /** @throws ApiError */
  const run = async (labId: string): Promise<LabServer> => take(await backend().call('lab.start', { labId }));

  /** @throws ApiError */
  const stop = async (labId: string): Promise<LabServer> => take(await backend().call('lab.stop', { labId }));

  return { servers, byId, creating, start, create, run, stop };
});
