/** What differs in a node, or why it was left, in the language in force. */

import { useText } from '../../i18n/use-text.ts';
import type { TransferItem } from '../../stores/transfers.ts';

/** A text for the list and for the copied report. */
export function useItemWhat(): (item: Pick<TransferItem, 'differences' | 'reason' | 'message' | 'kind'>) => string {
  const { t, any } = useText();
  return ({ differences, reason, message }) => {
    if (reason !== null) return any(`transfer.reasons.${reason}`) ?? any(`error.${reason}`) ?? message ?? reason;
    return differences.map((difference) => t(`transfer.differences.${difference}`)).join(', ');
  };
}
