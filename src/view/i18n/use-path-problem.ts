/** Why a path is refused, in the language in force. */

import { pathFault } from '../../model/zpath.ts';
import { useText } from './use-text.ts';

/** @returns one clause for a path, or null when it is valid; the rules are those of model/zpath.ts */
export function usePathProblem(): (path: string) => string | null {
  const { t } = useText();
  return (path) => {
    const fault = pathFault(path);
    if (fault === null) return null;
    const { kind, ...params } = fault;
    return t(`workbench.pathFault.${kind}`, params);
  };
}
