/** How entries of the feed are told to people. */

import type { FeedEntry } from '../../stores/feed.ts';
import type { Text } from '../../i18n/use-text.ts';

export type Tone = 'plain' | 'created' | 'deleted' | 'changed' | 'session' | 'bad' | 'gap' | 'write';

const TONES: Readonly<Record<string, Tone>> = {
  NodeCreated: 'created',
  NodeDeleted: 'deleted',
  NodeDataChanged: 'changed',
  NodeChildrenChanged: 'changed',
  connecting: 'bad',
  expired: 'bad',
  authFailed: 'bad',
};

export function toneOf({ kind, type }: FeedEntry): Tone {
  if (kind === 'gap') return 'gap';
  if (kind === 'write') return 'write';
  return TONES[type] ?? (kind === 'session' ? 'session' : 'plain');
}

/** What happened, in a few words; a type that is not known here is shown as it came. */
export function whatOf({ kind, type }: FeedEntry, text: Text): string {
  if (kind === 'gap') return text.t('panels.feedPanel.gap');
  const word = text.any(`panels.feedPanel.types.${type}`) ?? type;
  return kind === 'write' ? text.t('panels.feedPanel.write', { type: word }) : word;
}

export const hasValues = (entry: FeedEntry): boolean => entry.before !== undefined || entry.after !== undefined;
