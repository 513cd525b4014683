/** What can be done with one local server: the same on the start page and in the cluster panel. */

import { Play, Square, Zap } from '@lucide/vue';
import type { Lab, LabServer } from '../../../contract/lab.ts';
import { useText } from '../../i18n/use-text.ts';
import { failureOf } from '../../stores/backend.ts';
import { useLabStore } from '../../stores/lab.ts';
import { useToastsStore } from '../../stores/toasts.ts';
import type { MenuItem } from '../base/menu-item.ts';

/**
 * @param shown whether the page shows what becomes of the server, and why: a failure is then not said twice
 * @returns the menu of a server
 */
export function useServerMenu(shown: boolean): (lab: Lab, server: LabServer) => MenuItem[] {
  const { t } = useText();
  const store = useLabStore();
  const toasts = useToastsStore();
  const attempt = (doing: string, work: () => Promise<unknown>): void => {
    work().catch((thrown: unknown) => {
      if (!shown || failureOf(thrown).code !== 'LocalServerFailed') toasts.fail(doing, thrown);
    });
  };
  return ({ labId }, { id, state }) => {
    const runs = state === 'running';
    return [
      {
        id: 'start', label: t('lab.startServerAction'), icon: Play, disabled: runs || state === 'starting',
        run: () => attempt(t('lab.startFailed'), () => store.startServer(labId, id)),
      },
      { id: 'stop', label: t('lab.stopServerAction'), icon: Square, disabled: !runs, run: () => attempt(t('lab.stopFailed'), () => store.stopServer(labId, id)) },
      {
        id: 'kill', label: t('lab.killServerAction'), icon: Zap, danger: true, disabled: !runs,
        run: () => attempt(t('lab.killFailed'), () => store.killServer(labId, id)),
      },
    ];
  };
}
