/** What a command of transfers was asked for, word for word: the command line read, nothing opened yet. */

import type { Policy } from '../../../services/transfer/api.ts';
import type { ExportCompression } from '../../../services/transfer/ports.ts';

/** A subtree of an ensemble, or a file, or a part of one. */
export type SideText =
  | { readonly kind: 'live'; readonly connect: string; readonly path: string }
  | { readonly kind: 'file'; readonly file: string; readonly part: string };

export type LiveText = Extract<SideText, { kind: 'live' }>;
export type FileText = Extract<SideText, { kind: 'file' }>;

/** Credentials as an auth packet carries them. */
export interface AuthText {
  readonly scheme: string;
  readonly credentials: string;
}

/** What is done with what. The first side is read, the second is written. */
export type TransferTask =
  | { readonly verb: 'export'; readonly from: LiveText; readonly file: string; readonly compression: ExportCompression; readonly overwriteFile: boolean }
  | { readonly verb: 'import'; readonly from: FileText; readonly to: LiveText; readonly policy: Policy; readonly removeExtra: boolean }
  | { readonly verb: 'copy'; readonly from: LiveText; readonly to: LiveText; readonly policy: Policy; readonly removeExtra: boolean }
  | { readonly verb: 'move'; readonly from: LiveText; readonly to: LiveText; readonly policy: Policy }
  | { readonly verb: 'delete'; readonly at: LiveText; readonly yes: boolean }
  | { readonly verb: 'diff'; readonly a: SideText; readonly b: SideText };

export interface TransferSettings {
  readonly dryRun: boolean;
  readonly acl: boolean;
  readonly ephemerals: boolean;
  /** Nodes a second; null for no limit. */
  readonly rate: number | null;
  /** `go-on` with an interrupted run, begin `anew` although there is one, or neither. */
  readonly resume: 'none' | 'go-on' | 'anew';
  /** For both ensembles; then for each by itself. */
  readonly auth: readonly AuthText[];
  readonly authFrom: readonly AuthText[];
  readonly authTo: readonly AuthText[];
  /** Asked of the server, ms. */
  readonly sessionTimeoutMs: number;
  /** The servers' jute.maxbuffer, bytes. */
  readonly requestBytesMax: number;
  /** Of a server of the first ensemble, for containers and TTL nodes; null for none. */
  readonly dataDir: string | null;
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface TransferCommand {
  readonly kind: 'transfer';
  readonly task: TransferTask;
  readonly settings: TransferSettings;
}
