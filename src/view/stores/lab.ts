/** Local servers and ensembles that this app made, and what can be done with them. */

import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { ApacheFound, EngineName, Lab, LabFiles, LabOptions, LabServer } from '../../contract/lab.ts';
import { useText } from '../i18n/use-text.ts';
import { backend, failureOf } from './backend.ts';

/** What one click makes. */
export const DEFAULT_OPTIONS: LabOptions = {
  name: null, servers: 3, observers: 0, clientPort: null, engine: 'embedded', zookeeper: null, stays: false, sampleTree: true,
};

/** Why a server did not start: the list of servers shows it. */
const IN_LIST: ReadonlySet<string> = new Set(['LocalServerFailed', 'PortTaken', 'NoZooKeeper', 'NoJava']);

/** Whether the list of servers says what went wrong, so that it need not be said again. */
export function isSaidInList(thrown: unknown): boolean {
  return IN_LIST.has(failureOf(thrown).code);
}

export type ServerAction = 'startServer' | 'stopServer' | 'killServer' | 'restartServer' | 'pauseServer' | 'resumeServer';

/** What is asked of the host for one ensemble, each with its state afterwards. */
function labCalls(take: (lab: Lab) => Lab, drop: (labId: string) => void) {
  return {
    /** @throws ApiError */
    run: async (labId: string): Promise<Lab> => take(await backend().call('lab.start', { labId })),
    /** @throws ApiError */
    stop: async (labId: string): Promise<Lab> => take(await backend().call('lab.stop', { labId })),
    /** Does one thing to one server. @throws ApiError */
    serverDo: async (action: ServerAction, labId: string, serverId: number): Promise<Lab> => take(await backend().call(`lab.${action}`, { labId, serverId })),
    /** @throws ApiError */
    setStays: async (labId: string, stays: boolean): Promise<Lab> => take(await backend().call('lab.setStays', { labId, stays })),
    /** @param zookeeper a folder of a person's choice @throws ApiError */
    setEngine: async (labId: string, engine: EngineName, zookeeper: string | null): Promise<Lab> => take(await backend().call('lab.setEngine', { labId, engine, zookeeper })),
    /** @param zookeeper a folder of a person's choice @throws ApiError */
    findApache: (zookeeper: string | null): Promise<ApacheFound> => backend().call('lab.findApache', { zookeeper }),
    /** @throws ApiError */
    files: (labId: string, serverId: number): Promise<LabFiles> => backend().call('lab.files', { labId, serverId }),
    /** @param typedName what was typed to confirm it @throws ApiError */
    async remove(labId: string, typedName: string): Promise<void> {
      await backend().call('lab.remove', { labId, typedName });
      drop(labId);
    },
  };
}

/** @param base in the person's language */
function freeName(labs: readonly Lab[], base: string): string {
  const taken = new Set(labs.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}

export const useLabStore = defineStore('lab', () => {
  const { t } = useText();
  const byId = shallowRef<ReadonlyMap<string, Lab>>(new Map());
  const labs = computed(() => [...byId.value.values()]);
  /** What is being made right now. */
  const creating = shallowRef<LabOptions | null>(null);
  let viewers = 0;

  function take(lab: Lab): Lab {
    byId.value = new Map(byId.value).set(lab.labId, lab);
    return lab;
  }

  function drop(labId: string): void {
    const next = new Map(byId.value);
    next.delete(labId);
    byId.value = next;
  }

  /** @throws ApiError */
  async function start(): Promise<void> {
    backend().on('lab.changed', take);
    backend().on('lab.removed', ({ labId }) => drop(labId));
    // A host that was lost has forgotten who looks.
    backend().onLinkState((link) => {
      if (link.kind === 'open' && viewers > 0) watch(true);
    });
    for (const lab of await backend().call('lab.list', {})) take(lab);
  }

  function watch(on: boolean): void {
    // Without it their roles are only older.
    void backend().call('lab.watch', { on }).catch(() => undefined);
  }

  /** Has the servers asked for their roles until `leave`. */
  function look(): void {
    if (++viewers === 1) watch(true);
  }

  function leave(): void {
    if (--viewers === 0) watch(false);
  }

  /** Makes servers and waits until they serve. @param options without a name: one is found @throws ApiError */
  async function create(options: LabOptions): Promise<Lab> {
    creating.value = options;
    const name = options.name ?? freeName(labs.value, t(options.servers === 1 ? 'lab.serverName' : 'lab.ensembleName'));
    try {
      return take(await backend().call('lab.create', { ...options, name }));
    } finally {
      creating.value = null;
    }
  }

  /** The one whose client address this is, among those of a profile. @param address `host:port` */
  function serverAt(profileId: string, address: string): { readonly lab: Lab; readonly server: LabServer } | null {
    const lab = labs.value.find((each) => each.profileId === profileId);
    const server = lab?.servers.find(({ clientPort }) => address === `127.0.0.1:${clientPort}`);
    return lab === undefined || server === undefined ? null : { lab, server };
  }

  return { labs, byId, creating, start, look, leave, create, serverAt, ...labCalls(take, drop) };
});
