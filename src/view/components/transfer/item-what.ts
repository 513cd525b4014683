/** What differs in a node, or why it was left, in the language in force. */

import { useText } from '../../i18n/use-text.ts';
import type { TransferItem } from '../../stores/transfers.ts';

/** A text for the list and for the copied report. */
export function useItemWhat(): (item: Pick<TransferItem, 'action' | 'differences' | 'reason' | 'message'>) => string {
  const { t, any } = useText();
  return ({ action, differences, reason, message }) => {
    const why = reason === null ? [] : [any(`transfer.reasons.${reason}`) ?? any(`error.${reason}`) ?? message ?? reason];
    // What was left or failed has its reason; beside a difference, a reason is one more thing to know of it.
    const differ = action === 'leave' || action === 'fail' ? [] : differences.map((difference) => t(`transfer.differences.${difference}`));
    return [...differ, ...why].join(', ');
  };
}
