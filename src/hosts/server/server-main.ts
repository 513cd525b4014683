/**
 * One embedded server as a program. In: arguments and signals. Out: one line when it serves, reports on standard
 * error, an exit code. Must hold: SIGTERM loses nothing that was acknowledged, and no server outlives its parent
 * when that was asked for.
 */

import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Logger } from '../../base/logger.ts';
import { ConfigError } from '../../ensemble/config/config-error.ts';
import { wantsAudit } from '../../ensemble/config/settings.ts';
import { parseProperties } from '../../ensemble/config/properties.ts';
import { readQuorumTls } from '../../ensemble/config/quorum-tls-settings.ts';
import { parseZooCfg, type ZooCfg } from '../../ensemble/config/zoo-cfg.ts';
import { StorageError } from '../../ensemble/log/storage-error.ts';
import { Member, type MemberEnvironment, type MemberOptions } from '../../ensemble/member/member.ts';
import { isEnsembleKey, readEnsembleConfig, readMembership, readMyId, withClientOfLine, type DynamicConfig, type EnsembleConfig } from '../../ensemble/member/ensemble-config.ts';
import type { Membership } from '../../ensemble/replication/quorum/membership.ts';
import { Server } from '../../ensemble/server.ts';
import { UsageError } from '../../model/errors.ts';
import { openAuditFile, type AuditFile } from '../../platform/audit-file.ts';
import { nodeClock } from '../../platform/node-clock.ts';
import { nodeDigests } from '../../platform/node-digests.ts';
import { nodeGzip } from '../../platform/node-gzip.ts';
import { ListenError, nodeListen } from '../../platform/node-listener.ts';
import { nodeListenHttp } from '../../platform/node-http-listener.ts';
import { nodeQuorumNetwork } from '../../platform/node-quorum-network.ts';
import { nodeRandom } from '../../platform/node-random.ts';
import { installNodeText } from '../../platform/node-text.ts';
import { QuorumTls } from '../../platform/tls/quorum-tls.ts';
import { logLevelOf, streamLogger } from '../stream-logger.ts';
import { configFilesOf, versionOfDynamicFile } from './config-files.ts';
import { readServerCommandLine, USAGE, type ServerCommandLine } from './command-line.ts';
import { openDataDirectories, type DataDirectories } from './data-directories.ts';
import { hostFacts } from './host-facts.ts';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/**
 * Runs a server until it is told to stop.
 *
 * @param argv without node and the script
 * @returns 0 after a clean stop, 1 when it could not go on, 2 when it could not begin
 */
export async function serverMain(argv: readonly string[]): Promise<number> {
  try {
    const line = readServerCommandLine(argv);
    if (line === null) {
      process.stdout.write(`${USAGE}\n`);
      return EXIT_OK;
    }
    return await runServer(line, await readConfig(line));
  } catch (error) {
    if (!isForPeople(error)) throw error;
    process.stderr.write(`zooscope: ${error.message.replace(/\s*\n\s*/g, ' ')}\n`);
    return EXIT_USAGE;
  }
}

function isForPeople(error: unknown): error is Error {
  return [UsageError, ConfigError, StorageError, ListenError].some((kind) => error instanceof kind);
}

interface Configuration {
  readonly file: string;
  readonly config: ZooCfg;
  readonly text: string;
  /** null: the server stands alone. */
  readonly ensemble: EnsembleConfig | null;
}

async function readConfig({ configFile, defines }: ServerCommandLine): Promise<Configuration> {
  let text: string;
  try {
    text = await readFile(configFile, 'utf8');
  } catch (error) {
    throw new UsageError('ConfigFile', `the configuration cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    const dynamic = await readDynamic(text);
    const ensemble = readEnsembleConfig(text, dynamic);
    const read = parseZooCfg(text, defines, { elsewhere: isEnsembleKey, portElsewhere: true });
    const config = ensemble === null ? await withOnlyLine(read, readMembership(text, dynamic)) : read;
    if (ensemble === null) checkClientPorts(config);
    return { file: configFile, config, text, ensemble };
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError('Config', `${configFile}: ${error.message}`) : error;
  }
}

/** One server line makes no ensemble, but it may say where clients come, as in the configuration of ZooKeeper's Docker image. */
async function withOnlyLine(config: ZooCfg, membership: Membership | null): Promise<ZooCfg> {
  const [sid] = membership?.members.keys() ?? [];
  if (membership === null || sid === undefined) return config;
  const myid = await readFile(join(config.dataDir, 'myid'), 'utf8').catch(() => null);
  return myid?.trim() === sid.toString() || (myid === null && config.clientPort < 0) ? withClientOfLine(config, membership, sid, addressOf) : config;
}

function checkClientPorts({ clientPort, secureClientPort }: ZooCfg): void {
  if (clientPort < 0 && secureClientPort < 0) throw new ConfigError('clientPort is not set');
}

const addressOf = (host: string): Promise<string> => lookup(host).then(({ address }) => address, () => host);

/** The file that dynamicConfigFile names; null when none is named. */
async function readDynamic(text: string): Promise<DynamicConfig | null> {
  const file = parseProperties(text).get('dynamicConfigFile')?.trim();
  if (file === undefined) return null;
  try {
    return { text: await readFile(file, 'utf8'), version: versionOfDynamicFile(file) };
  } catch (error) {
    throw new UsageError('ConfigFile', `dynamicConfigFile cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function runServer(line: ServerCommandLine, configuration: Configuration): Promise<number> {
  installNodeText();
  const { config } = configuration;
  const directories = await openDataDirectories(resolve(config.dataDir), resolve(config.dataLogDir));
  const logger = streamLogger((text) => void process.stderr.write(text), logLevelOf(process.env['ZOOSCOPE_LOG']));
  warnOfRelative(config, logger);
  const audit = openAudit(config, dirname(directories.logDirectory), logger);
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((settle) => {
    fail = settle;
  });
  try {
    const server = await startServer(configuration, await readJaas(config), { directories, logger, audit }, fail);
    // Who reads the line may want it to end at once.
    const stopped = stopAsked(line.exitWithParent);
    process.stdout.write(`serving on ${shownPlaces(server)}, data in ${directories.snapshotDirectory}\n`);
    const why = await Promise.race([stopped, failed]);
    if (why !== STOP) {
      process.stderr.write(`zooscope: the server stops: ${why instanceof Error ? why.message : String(why)}\n`);
      return EXIT_FAILED;
    }
    await server.stop();
    return EXIT_OK;
  } finally {
    audit?.close();
    await directories.release();
  }
}

/** As VerifyingFileFactory: it is seldom meant, and `~` and `${HOME}` are names like others. */
function warnOfRelative({ dataDir, dataLogDir }: ZooCfg, logger: Logger): void {
  for (const [key, path] of Object.entries({ dataDir, ...(dataLogDir === dataDir ? {} : { dataLogDir }) })) {
    if (isAbsolute(path) || /^\.([\\/]|$)/.test(path)) continue;
    logger.log('warn', `${key} is relative, and leads elsewhere when the server is started elsewhere; write ./ before it if that is meant`, { [key]: path, leadsTo: resolve(path) });
  }
}

interface Places {
  readonly directories: DataDirectories;
  readonly logger: Logger;
  readonly audit: AuditFile | null;
}

/** Beside `version-2`, in the directory of the transaction logs. */
function openAudit({ properties }: ZooCfg, directory: string, logger: Logger): AuditFile | null {
  return wantsAudit(properties) ? openAuditFile({ directory, logger }) : null;
}

/** @returns null when no file is named */
async function readJaas({ properties }: ZooCfg): Promise<string | null> {
  const name = 'java.security.auth.login.config';
  const file = properties.get(name);
  if (file === undefined) return null;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError('ConfigFile', `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function startServer(
  { file, config, text: configText, ensemble }: Configuration, jaas: string | null, { directories, logger, audit }: Places, onFailure: (error: unknown) => void,
): Promise<Server | Member> {
  const environment = {
    clock: nodeClock,
    random: nodeRandom,
    logger,
    digests: nodeDigests,
    ...(audit === null ? {} : { audit }),
    listen: nodeListen,
    listenHttp: nodeListenHttp,
    host: hostFacts,
    gzip: nodeGzip,
    snapshots: directories.snapshots,
    logs: directories.logs,
    snapshotDirectory: directories.snapshotDirectory,
    logDirectory: directories.logDirectory,
    defer: (fn: () => void) => void setImmediate(fn),
  };
  if (ensemble === null) return Server.start(environment, { config, configText, onFailure, jaas });
  return startMember(environment, { config, configText, onFailure, jaas }, ensemble, file);
}

async function startMember(
  environment: Omit<MemberEnvironment, 'quorum'>, options: Omit<MemberOptions, 'sid' | keyof EnsembleConfig>, ensemble: EnsembleConfig, configFile: string,
): Promise<Member> {
  const myidFile = join(options.config.dataDir, 'myid');
  const myid = await readFile(myidFile, 'utf8').catch((error: unknown) => {
    throw new UsageError('Config', `${myidFile} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const sid = readMyId(myid, ensemble.membership);
  const config = await withClientOfLine(options.config, ensemble.membership, sid, addressOf);
  checkClientPorts(config);
  const tls = readQuorumTls(config.properties);
  const quorum = nodeQuorumNetwork(tls === null ? null : await QuorumTls.open(tls, environment.logger));
  const configFiles = config.reconfigEnabled ? { configFiles: configFilesOf(configFile, sid, environment.logger) } : {};
  return Member.start({ ...environment, quorum }, { ...options, ...ensemble, ...configFiles, config, sid });
}

/** Where clients come, in the clear and over TLS. */
function shownPlaces({ host, port, securePort }: Server | Member): string {
  const plain = port < 0 ? [] : [`${shownHost(host)}:${port}`];
  return [...plain, ...(securePort < 0 ? [] : [`${shownHost(host)}:${securePort} (TLS)`])].join(' and ');
}

function shownHost(host: string): string {
  if (host === '::') return '0.0.0.0';
  return host.includes(':') ? `[${host}]` : host;
}

const STOP = Symbol('stop');

/** Resolves with the first signal to end, or when the parent is gone. */
function stopAsked(exitWithParent: boolean): Promise<typeof STOP> {
  return new Promise((settle) => {
    const stop = (): void => settle(STOP);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
    if (!exitWithParent) return;
    if (process.channel !== undefined && process.channel !== null) {
      process.on('disconnect', stop);
      process.channel.ref();
    }
    process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
  });
}
