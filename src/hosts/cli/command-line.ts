/** The command line: words in, one command out, or what to print and the exit code. */

import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { EXIT_USAGE } from '../exit-codes.ts';
import { GUARD_WORD } from '../local-ensemble/guard-command.ts';
import { addEnsembleCommand, type EnsembleCommand } from './ensemble/command.ts';
import { readConnect } from './transfer/arguments.ts';
import type { TransferCommand } from './transfer/command.ts';
import { addTransferCommands, TRANSFER_VERBS, type Environment } from './transfer/commands.ts';

export type CliCommand =
  | { readonly kind: 'open' }
  | { readonly kind: 'serve'; readonly host: string; readonly port: number | null; readonly connect: string | null }
  /** Everything behind the word `server`, as it was given. */
  | { readonly kind: 'server'; readonly argv: readonly string[] }
  /** Ends the servers of a launcher that was killed. Everything behind the word, as it was given. */
  | { readonly kind: 'ensemble-guard'; readonly argv: readonly string[] }
  | EnsembleCommand
  | TransferCommand
  /** Nothing to run: help, the version, or a mistake. */
  | { readonly kind: 'end'; readonly exitCode: number; readonly out: string; readonly err: string };

const COMMANDS = ['open', 'serve', 'server', 'ensemble', ...TRANSFER_VERBS];

interface ServeOptions {
  readonly host: string;
  readonly port?: number;
  readonly connect?: string;
}

/**
 * Reads a command line.
 *
 * @param argv without the program
 * @param env where credentials may stand
 */
export function readCommandLine(argv: readonly string[], version: string, env: Environment = {}): CliCommand {
  // -Dname=value is Java's way, which no option parser knows; the server reads its own words.
  if (argv[0] === 'server') return { kind: 'server', argv: argv.slice(1) };
  if (argv[0] === GUARD_WORD) return { kind: GUARD_WORD, argv: argv.slice(1) };
  const [word = 'open'] = argv;
  if (!word.startsWith('-') && !COMMANDS.includes(word)) {
    return { kind: 'end', exitCode: EXIT_USAGE, out: '', err: `zooscope: unknown command '${word}'; there are ${COMMANDS.join(', ')}\n` };
  }
  const printed = { out: '', err: '' };
  let command: CliCommand = { kind: 'open' };
  const program = createProgram(version, env, (chosen) => {
    command = chosen;
  });
  for (const each of [program, ...program.commands]) {
    each.exitOverride().showSuggestionAfterError(false).configureOutput({
      writeOut: (text) => {
        printed.out += text;
      },
      writeErr: (text) => {
        printed.err += text;
      },
      outputError: (text, write) => write(text.replace(/^error: /, 'zooscope: ')),
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'end', exitCode: error.exitCode === 0 ? 0 : EXIT_USAGE, ...printed };
  }
  return command;
}

function createProgram(version: string, env: Environment, choose: (command: CliCommand) => void): Command {
  const program = new Command('zooscope')
    .description('An admin client for Apache ZooKeeper, with an embedded ZooKeeper server.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .allowExcessArguments(false);

  program
    .command('open', { isDefault: true })
    .description('open the app: in its own window where that can be, else in the browser (the default)')
    .allowExcessArguments(false)
    .action(() => choose({ kind: 'open' }));

  program
    .command('serve')
    .description('serve the app to browsers, and print its address')
    .option('--host <host>', 'name or address to listen on', readHost, '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 for any free one', readPort)
    .option('--connect <hosts>', 'open this ensemble at start: host:port,host:port/chroot', readConnect)
    .allowExcessArguments(false)
    .action(({ host, port, connect }: ServeOptions) => {
      choose({ kind: 'serve', host, port: port ?? null, connect: connect ?? null });
    });

  addTransferCommands(program, env, choose);

  addEnsembleCommand(program, readPort, choose);

  program
    .command('server')
    .description('run one embedded ZooKeeper server in the foreground')
    .usage('[-D name=value]... <zoo.cfg>');
  return program;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}

function readHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (!/^[A-Za-z0-9_.:%-]+$/.test(host)) throw new InvalidArgumentError('It must be a host name or an address.');
  return host;
}
