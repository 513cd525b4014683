/**
 * A connection as the dialog edits it: every field as its control holds it. In: a draft. Out: the draft that is saved,
 * and what is wrong with each field. Pure. Must hold: a secret that was saved is never here; it is kept, replaced or
 * forgotten.
 */

import type { ProfileDraft } from '../../../contract/connections.ts';
import { readConnectString } from '../../base/connect-string.ts';
import type { MessageKey } from '../../i18n/i18n.ts';
import type { TextParams } from '../../i18n/use-text.ts';

export interface AuthForm {
  /** For the list on screen. */
  readonly key: number;
  id: string | null;
  /** `digest`, or `other` with the name in `schemeName`. */
  scheme: 'digest' | 'other';
  schemeName: string;
  user: string;
  /** What was typed now; empty leaves what is saved. */
  secret: string;
  /** A secret is saved for it. */
  saved: boolean;
  /** The saved secret is to be forgotten. */
  forget: boolean;
}

export interface DraftForm {
  id: string | null;
  name: string;
  group: string;
  colour: ProfileDraft['colour'];
  environment: ProfileDraft['environment'];
  connectString: string;
  readOnly: boolean;
  canBeReadOnly: boolean;
  sessionTimeoutMs: string;
  connectTimeoutMs: string;
  juteMaxBuffer: string;
  auth: AuthForm[];
}

export interface Problem {
  readonly key: MessageKey;
  readonly params?: TextParams;
}

/** What is wrong, by field; credentials by `auth.<key>.<field>`. */
export type Problems = ReadonlyMap<string, Problem>;

let lastKey = 0;

/** Fresh credentials. */
export function newAuth(): AuthForm {
  return { key: ++lastKey, id: null, scheme: 'digest', schemeName: '', user: '', secret: '', saved: false, forget: false };
}

/** @param savedAuth ids of the credentials whose secret is saved */
export function formOf(draft: ProfileDraft, savedAuth: readonly string[]): DraftForm {
  return {
    id: draft.id,
    name: draft.name,
    group: draft.group ?? '',
    colour: draft.colour,
    environment: draft.environment,
    connectString: draft.connectString,
    readOnly: draft.readOnly,
    canBeReadOnly: draft.canBeReadOnly,
    sessionTimeoutMs: String(draft.sessionTimeoutMs),
    connectTimeoutMs: String(draft.connectTimeoutMs),
    juteMaxBuffer: String(draft.juteMaxBuffer),
    auth: draft.auth.map(({ id, scheme, user }) => ({
      ...newAuth(),
      id,
      scheme: scheme === 'digest' ? 'digest' : 'other',
      schemeName: scheme === 'digest' ? '' : scheme,
      user,
      saved: id !== null && savedAuth.includes(id),
    })),
  };
}

/** The draft to save. Only for a form without problems. */
export function draftOfForm(form: DraftForm): ProfileDraft {
  return {
    id: form.id,
    name: form.name.trim(),
    group: form.group.trim() === '' ? null : form.group.trim(),
    colour: form.colour,
    environment: form.environment,
    connectString: form.connectString.trim(),
    readOnly: form.readOnly,
    canBeReadOnly: form.canBeReadOnly,
    sessionTimeoutMs: Number(form.sessionTimeoutMs),
    connectTimeoutMs: Number(form.connectTimeoutMs),
    juteMaxBuffer: Number(form.juteMaxBuffer),
    auth: form.auth.map((entry) => ({
      id: entry.id,
      scheme: entry.scheme === 'digest' ? 'digest' : entry.schemeName.trim(),
      user: entry.scheme === 'digest' ? entry.user.trim() : '',
      ...secretOf(entry),
    })),
  };
}

function secretOf({ secret, forget }: AuthForm): { secret?: string | null } {
  if (secret !== '') return { secret };
  return forget ? { secret: null } : {};
}

const NAME_MAX = 200;
const RANGES = {
  sessionTimeoutMs: [1_000, 3_600_000],
  connectTimeoutMs: [100, 600_000],
  juteMaxBuffer: [1_024, 2_147_483_647],
} as const;

/** What is wrong with a form. */
export function problemsOf(form: DraftForm): Problems {
  const problems = new Map<string, Problem>();
  if (form.name.trim() === '') problems.set('name', { key: 'connection.problem.required' });
  else if (form.name.trim().length > NAME_MAX) problems.set('name', { key: 'connection.problem.tooLong', params: { max: NAME_MAX } });
  const read = readConnectString(form.connectString);
  if (!read.ok) {
    const { what, entry } = read.problem;
    problems.set('connectString', { key: `connection.problem.${what}`, params: { entry, why: entry } });
  }
  for (const field of ['sessionTimeoutMs', 'connectTimeoutMs', 'juteMaxBuffer'] as const) {
    const [min, max] = RANGES[field];
    const text = form[field].trim();
    const ok = /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
    if (!ok) problems.set(field, { key: 'connection.problem.number', params: { min, max } });
  }
  for (const entry of form.auth) checkAuth(entry, problems);
  return problems;
}

function checkAuth(entry: AuthForm, problems: Map<string, Problem>): void {
  const at = (field: string): string => `auth.${entry.key}.${field}`;
  if (entry.scheme === 'other') {
    if (entry.schemeName.trim() === '') problems.set(at('schemeName'), { key: 'connection.problem.scheme' });
  } else if (entry.user.trim() === '') {
    problems.set(at('user'), { key: 'connection.problem.user' });
  } else if (entry.user.includes(':')) {
    problems.set(at('user'), { key: 'connection.problem.colon' });
  }
  const keeps = entry.saved && !entry.forget;
  if (entry.scheme === 'digest' && entry.secret === '' && !keeps && !entry.forget) {
    problems.set(at('secret'), { key: 'connection.problem.secret' });
  }
}
