/** The list under a path that is being typed: children of the typed parent, or paths opened lately. */

import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue';
import { completionQuery, completions } from '../../base/path-completion.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { useText } from '../../i18n/use-text.ts';
import { usePathsStore } from '../../stores/paths.ts';

const OFFERED_MAX = 200;
const ASK_AFTER_MS = 60;

export interface Completion {
  /** The paths on offer. */
  readonly offered: Ref<readonly string[]>;
  /** One line in the place of paths, or null. */
  readonly note: Ref<string | null>;
  readonly busy: Ref<boolean>;
}

/**
 * Follows what is typed while `active`.
 *
 * @param typed the text of the field
 */
export function useCompletion(connectionId: () => string, typed: Ref<string>, active: Ref<boolean>): Completion {
  const paths = usePathsStore();
  const { t } = useText();
  const { number } = useFormat();
  const offered = shallowRef<readonly string[]>([]);
  const note = ref<string | null>(null);
  const busy = ref<boolean>(false);
  let abort: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const show = (list: readonly string[], line: string | null): void => {
    busy.value = false;
    offered.value = list;
    note.value = line;
  };

  async function ask(): Promise<void> {
    abort?.abort();
    const query = completionQuery(typed.value.trim());
    if (query === null) return show([], null);
    const mine = new AbortController();
    abort = mine;
    busy.value = true;
    const found = await paths.namesOf(connectionId(), query.parent, mine.signal);
    if (abort !== mine) return undefined;
    if (found.kind === 'wide') return show([], t('workbench.wideCompletions', { count: number(found.count) }));
    if (found.kind === 'failed') return show([], t('workbench.completionFailed', { path: query.parent }));
    const list = completions(found.names, query, OFFERED_MAX);
    const none = found.names.length > 0 && query.prefix !== '' ? t('workbench.noCompletions', { path: query.parent }) : null;
    return show(list, list.length === 0 ? none : null);
  }

  watch([typed, active], ([, on]) => {
    clearTimeout(timer);
    if (on) timer = setTimeout(() => void ask(), ASK_AFTER_MS);
    else show([], null);
  });
  onBeforeUnmount(() => {
    clearTimeout(timer);
    abort?.abort();
  });
  return { offered, note, busy };
}
