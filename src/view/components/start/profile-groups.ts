/** Saved connections as the start page shows them: filtered, the recent ones first, the rest by group. */

import type { Profile } from '../../../contract/connections.ts';

export interface ProfileGroup {
  readonly key: string;
  readonly title: string;
  readonly profiles: readonly Profile[];
}

const RECENT_MAX = 4;
/** With fewer connections than this, a list of recent ones only repeats them. */
const RECENT_FROM = 6;

export interface GroupTitles {
  readonly recent: string;
  readonly ungrouped: string;
}

/** Whether a connection has every word of the search in its name, group or servers. */
export function matchesSearch(profile: Profile, search: string): boolean {
  const text = `${profile.name}\n${profile.group ?? ''}\n${profile.connectString}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @param collator orders names and groups in the person's language */
export function groupProfiles(profiles: readonly Profile[], search: string, titles: GroupTitles, collator: Intl.Collator): ProfileGroup[] {
  const found = profiles.filter((profile) => matchesSearch(profile, search)).sort((a, b) => collator.compare(a.name, b.name));
  const groups: ProfileGroup[] = [];
  if (search.trim() === '' && profiles.length >= RECENT_FROM) {
    const recent = profiles.filter(({ lastOpenedMs }) => lastOpenedMs !== null).sort((a, b) => (b.lastOpenedMs ?? 0) - (a.lastOpenedMs ?? 0));
    if (recent.length > 0) groups.push({ key: 'recent', title: titles.recent, profiles: recent.slice(0, RECENT_MAX) });
  }
  const names = [...new Set(found.flatMap(({ group }) => (group === null ? [] : [group])))].sort((a, b) => collator.compare(a, b));
  for (const name of names) groups.push({ key: `group ${name}`, title: name, profiles: found.filter(({ group }) => group === name) });
  const rest = found.filter(({ group }) => group === null);
  if (rest.length > 0) groups.push({ key: 'ungrouped', title: titles.ungrouped, profiles: rest });
  return groups;
}
