/** The commands of transfers, as the command line has them: `export`, `import`, `copy`, `move`, `delete`, `diff`. */

import { InvalidArgumentError, Option, type Command } from 'commander';
import { JUTE_MAX_BUFFER_DEFAULT } from '../../../wire/framing.ts';
import type { Policy } from '../../../services/transfer/api.ts';
import type { ExportCompression } from '../../../services/transfer/ports.ts';
import {
  readAuths, readAuthVariable, readBytes, readConnect, readPart, readPath, readPolicy, readRate, readSeconds, readSides,
} from './arguments.ts';
import type { AuthText, FileText, LiveText, TransferCommand, TransferSettings, TransferTask } from './command.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
type Choose = (command: TransferCommand) => void;

export const TRANSFER_VERBS = ['export', 'import', 'copy', 'move', 'delete', 'diff'] as const;

const MORE = '\nExit codes: 0 all done (diff: equal), 1 something differs, was left or failed, 2 wrong use,\n3 stopped and can be gone on with (--resume), 4 stopped, 130 interrupted. More in docs/transfer.md.\n';
const SESSION_TIMEOUT_MS = 30_000;

/** What commander gathers, by option. */
interface Options {
  readonly output?: string;
  readonly gzip?: true;
  readonly zstd?: true;
  readonly overwriteFile?: true;
  readonly policy?: Policy;
  readonly removeExtra?: true;
  readonly part?: string;
  readonly recursive?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  /** False by --no-acl. */
  readonly acl: boolean;
  readonly ephemerals?: true;
  readonly rate?: number;
  readonly resume?: true;
  readonly anew?: true;
  readonly auth?: readonly string[];
  readonly authFrom?: readonly string[];
  readonly authTo?: readonly string[];
  readonly timeout?: number;
  readonly requestBytesMax?: number;
  readonly dataDir?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds them to a program. @param env where credentials may stand, so that they need not be in the list of processes */
export function addTransferCommands(program: Command, env: Environment, choose: Choose): void {
  const add = (spec: Spec, task: (words: readonly string[], options: Options) => TransferTask): void => {
    const command = program.command(spec.usage).description(spec.what).allowExcessArguments(false).addHelpText('after', MORE);
    for (const option of [...spec.options, ...shared(spec)]) command.addOption(option);
    command.action((...given: unknown[]) => {
      // Commander hands in the words, the options and the command itself.
      const words = given.slice(0, -2).flat().map(String);
      const options = command.opts<Options>();
      const chosen = attempt(command, () => ({ kind: 'transfer' as const, task: task(words, options), settings: settingsOf(options, env) }));
      choose(chosen);
    });
  };
  addReading(add);
  addWriting(add);
}

interface Spec {
  readonly usage: string;
  readonly what: string;
  readonly options: readonly Option[];
  /** Two ensembles take part. */
  readonly two: boolean;
  /** It can be interrupted and gone on with. */
  readonly resumes: boolean;
}
type Add = (spec: Spec, task: (words: readonly string[], options: Options) => TransferTask) => void;

function addReading(add: Add): void {
  add(
    {
      usage: 'export <connect> <path>', what: 'write a subtree to a file', two: false, resumes: true,
      options: [
        new Option('-o, --output <file>', 'the file').makeOptionMandatory(),
        new Option('--gzip', 'compress it (the default when its name ends with .gz)'),
        new Option('--zstd', 'compress it with zstd (the default when its name ends with .zst); needs Node 22.15').conflicts('gzip'),
        new Option('--overwrite-file', 'replace the file if it is there'),
        new Option('--ephemerals', 'take ephemeral nodes along'),
        dataDir(),
      ],
    },
    ([connect = '', path = ''], { output = '', gzip, zstd, overwriteFile }) => ({
      verb: 'export', from: live(connect, path), file: output,
      compression: compressionOf(output, gzip === true, zstd === true), overwriteFile: overwriteFile === true,
    }),
  );
  add(
    {
      usage: 'diff <sides...>', what: 'compare two sides, each a FILE or a <connect> <path>', two: true, resumes: false,
      options: [part('of files, only this part of them'), new Option('--ephemerals', 'compare ephemeral nodes, too'), dataDir()],
    },
    (words, options) => {
      const [a, b] = readSides(words, options.part ?? '');
      return { verb: 'diff', a, b };
    },
  );
}

function compressionOf(file: string, gzip: boolean, zstd: boolean): ExportCompression {
  if (zstd || (!gzip && file.endsWith('.zst'))) return 'zstd';
  return gzip || file.endsWith('.gz') ? 'gzip' : 'none';
}

function addWriting(add: Add): void {
  const policy = new Option('--policy <policy>', 'for nodes that are there and differ: skip, unchanged, overwrite or stop').argParser(readPolicy);
  const removeExtra = new Option('--remove-extra', 'remove nodes that only the target has (with unchanged or overwrite)');
  add(
    {
      usage: 'import <file> <connect> <path>', what: 'write a file\'s nodes to a subtree', two: false, resumes: true,
      options: [policy, removeExtra, part('only this part of the file')],
    },
    ([file = '', connect = '', path = ''], options) => ({
      verb: 'import', from: { kind: 'file', file, part: options.part ?? '' } satisfies FileText, to: live(connect, path), ...conflicts(options),
    }),
  );
  add(
    { usage: 'copy <connect> <path> <to-connect> <to-path>', what: 'copy a subtree', two: true, resumes: true, options: [policy, removeExtra, dataDir()] },
    ([connect = '', path = '', toConnect = '', toPath = ''], options) => ({
      verb: 'copy', from: live(connect, path), to: live(toConnect, toPath), ...conflicts(options),
    }),
  );
  add(
    { usage: 'move <connect> <path> <to-connect> <to-path>', what: 'copy a subtree, check it, then delete its source', two: true, resumes: true, options: [policy, dataDir()] },
    ([connect = '', path = '', toConnect = '', toPath = ''], options) => ({
      verb: 'move', from: live(connect, path), to: live(toConnect, toPath), policy: conflicts(options).policy,
    }),
  );
  add(
    {
      usage: 'delete <connect> <path>', what: 'delete a subtree', two: false, resumes: true,
      options: [
        new Option('--recursive', 'with everything below it (needed)'),
        new Option('--yes', 'do not ask'),
        new Option('--ephemerals', 'delete ephemeral nodes, too'),
      ],
    },
    ([connect = '', path = ''], { recursive, yes }) => {
      if (recursive !== true) throw new InvalidArgumentError('It deletes a node with everything below it: say --recursive.');
      return { verb: 'delete', at: live(connect, path), yes: yes === true };
    },
  );
}

const dataDir = (): Option => new Option('--data-dir <folder>', 'the data directory of a server of the (first) ensemble: tells containers and TTL nodes');
const part = (what: string): Option => new Option('--part <path>', what).argParser(readPart);
const live = (connect: string, path: string): LiveText => ({ kind: 'live', connect: readConnect(connect), path: readPath(path) });

function conflicts({ policy = 'stop', removeExtra }: Options): { policy: Policy; removeExtra: boolean } {
  if (removeExtra === true && (policy === 'skip' || policy === 'stop')) {
    throw new InvalidArgumentError('--remove-extra goes with --policy unchanged or overwrite.');
  }
  return { policy, removeExtra: removeExtra === true };
}

function shared({ two, resumes }: Spec): Option[] {
  // Read later: what commander says of a wrong word repeats it, and this may be a password.
  const auth = (flags: string, what: string): Option => new Option(flags, what).argParser((text: string, earlier: readonly string[] = []) => [...earlier, text]);
  return [
    ...(resumes
      ? [
          new Option('--dry-run', 'write nothing; say what would be done'),
          new Option('--resume', 'go on with an interrupted run of the same command'),
          new Option('--anew', 'begin again, although an interrupted run could be gone on with').conflicts('resume'),
        ]
      : []),
    new Option('--rate <nodes>', 'nodes a second at most').argParser(readRate),
    auth('--auth <scheme:credentials>', 'such as digest:user:password; may be given again; or ZOOSCOPE_AUTH, one a line'),
    ...(two ? [auth('--auth-from <scheme:credentials>', 'for the first ensemble only; or ZOOSCOPE_AUTH_FROM'), auth('--auth-to <scheme:credentials>', 'for the second ensemble only; or ZOOSCOPE_AUTH_TO')] : []),
    new Option('--no-acl', 'leave ACLs out'),
    new Option('--timeout <seconds>', 'session timeout to ask for (30)').argParser(readSeconds),
    new Option('--request-bytes-max <bytes>', "the servers' jute.maxbuffer (1048575)").argParser(readBytes),
    new Option('--json', 'print JSON, one object a line'),
    new Option('--quiet', 'no progress'),
  ];
}

function settingsOf(options: Options, env: Environment): TransferSettings {
  const variable = (name: string, option: string, given: readonly string[] | undefined): readonly AuthText[] =>
    given === undefined ? named(name, () => readAuthVariable(env[name])) : named(option, () => readAuths(given));
  return {
    dryRun: options.dryRun === true,
    acl: options.acl,
    ephemerals: options.ephemerals === true,
    rate: options.rate ?? null,
    resume: options.resume === true ? 'go-on' : options.anew === true ? 'anew' : 'none',
    auth: variable('ZOOSCOPE_AUTH', '--auth', options.auth),
    authFrom: variable('ZOOSCOPE_AUTH_FROM', '--auth-from', options.authFrom),
    authTo: variable('ZOOSCOPE_AUTH_TO', '--auth-to', options.authTo),
    sessionTimeoutMs: options.timeout ?? SESSION_TIMEOUT_MS,
    requestBytesMax: options.requestBytesMax ?? JUTE_MAX_BUFFER_DEFAULT,
    dataDir: options.dataDir ?? null,
    json: options.json === true,
    quiet: options.quiet === true,
  };
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new InvalidArgumentError(`${name}: ${error.message}`);
    throw error;
  }
}

/** A word that does not do ends the command as a wrong option does. */
function attempt<T>(command: Command, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidArgumentError) command.error(`error: ${error.message}`);
    throw error;
  }
}
