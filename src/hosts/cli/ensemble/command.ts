/** What `zooscope ensemble` was asked for, and how it is written on the command line. */

import { InvalidArgumentError, Option, type Command } from 'commander';
import { LAB_ENGINES, type EngineName } from '../../../contract/lab.ts';

export interface EnsembleCommand {
  readonly kind: 'ensemble';
  /** Those that vote; null: what the directory holds, or three. */
  readonly servers: number | null;
  /** null: what the directory holds, or none. */
  readonly observers: number | null;
  readonly engine: EngineName;
  /** As it was typed; null: one below the app's own. */
  readonly dir: string | null;
  /** The first; 0 for any that are free; null: what the directory says, or the usual one. */
  readonly clientPort: number | null;
  /** A folder with Apache ZooKeeper; null: look for it. */
  readonly zookeeper: string | null;
  readonly sample: boolean;
  readonly json: boolean;
}

interface Options {
  readonly servers?: number;
  readonly observers?: number;
  readonly engine: EngineName;
  readonly dir?: string;
  readonly clientPort?: number;
  readonly zookeeper?: string;
  readonly sample?: true;
  readonly json?: true;
}

const SERVERS_MAX = 9;
const OBSERVERS_MAX = 9;

const MORE = `
Runs in the foreground and prints the connect string when a write has succeeded; SIGINT and SIGTERM stop every server.
Started again on the same directory it goes on with what is there. docs/ensemble.md has the rest.
`;

/** Adds the command to a program. @param readPort reads a port, 0 included */
export function addEnsembleCommand(program: Command, readPort: (text: string) => number, choose: (command: EnsembleCommand) => void): void {
  const command = program
    .command('ensemble')
    .description('run an ensemble of servers on this machine, each a process of its own')
    .addOption(new Option('--servers <n>', `servers that vote, 1 to ${SERVERS_MAX} (3); 1 stands alone`).argParser((text) => readCount(text, 1, SERVERS_MAX)))
    .addOption(new Option('--observers <n>', `servers that do not, up to ${OBSERVERS_MAX} (0)`).argParser((text) => readCount(text, 0, OBSERVERS_MAX)))
    .addOption(new Option('--engine <engine>', 'whose servers').choices(LAB_ENGINES).default('embedded'))
    .option('--dir <folder>', 'where their files are; made if it is not there')
    .addOption(new Option('--client-port <port>', 'of the first server; the others count up (2181); 0 for any free ones').argParser(readPort))
    .option('--zookeeper <folder>', 'Apache ZooKeeper, with --engine apache; else it is looked for')
    .option('--sample', 'plant the sample tree')
    .option('--json', 'print one line of JSON in place of the connect string')
    .addHelpText('after', MORE)
    .allowExcessArguments(false);
  command.action(() => {
    const options = command.opts<Options>();
    const problem = problemOf(options);
    if (problem !== null) command.error(`error: ${problem}`);
    choose(ensembleCommand(options));
  });
}

function ensembleCommand({ servers, observers, engine, dir, clientPort, zookeeper, sample, json }: Options): EnsembleCommand {
  return {
    kind: 'ensemble',
    servers: servers ?? null,
    observers: observers ?? null,
    engine,
    dir: dir ?? null,
    clientPort: clientPort ?? null,
    zookeeper: zookeeper ?? null,
    sample: sample === true,
    json: json === true,
  };
}

function problemOf({ servers, observers, engine, dir, zookeeper }: Options): string | null {
  if (servers === 1 && (observers ?? 0) > 0) return '--observers need at least two servers to observe';
  if (zookeeper !== undefined && engine !== 'apache') return '--zookeeper goes with --engine apache';
  if (dir === '' || zookeeper === '') return `${dir === '' ? '--dir' : '--zookeeper'} needs a folder`;
  return null;
}

function readCount(text: string, min: number, max: number): number {
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < min || count > max) throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  return count;
}
