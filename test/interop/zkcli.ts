/**
 * Apache's command line client, org.apache.zookeeper.ZooKeeperMain, fed with commands.
 * In: a server, a script. Out: what it printed for each command, and the watch events in their order.
 * How: after each command comes `printwatches`, which the client answers by itself, connected or not; its output ends
 * the command's.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { guardProcess } from '../support/process-guard.ts';
import { requireParts } from '../support/requirements.ts';

export interface CliReport {
  /** The command, then its output. */
  readonly outputs: readonly (readonly string[])[];
  /** The client prints them on another thread, in between; only their order among themselves is certain. */
  readonly events: readonly string[];
  readonly exitCode: number | null;
}

/** Runs a script in one client. `{server}` in a command becomes the address. */
export async function runCliScript(server: string, commands: readonly string[]): Promise<CliReport> {
  const lines = commands.flatMap((command) => [command.replaceAll('{server}', server), 'printwatches']);
  const { text, exitCode } = await runCli(server, [], `printwatches\n${lines.join('\n')}\nquit\n`);
  const masked = text.map((line) => masks(line, server));
  const events = sortRemovals(masked.filter((line) => isEvent(line) && !isOfState(line)));
  const outputs: string[][] = [['(start)']];
  for (const line of masked) {
    // Some commands end what they print without a new line.
    const end = line.search(/printwatches is o(n|ff)$/);
    const rest = end < 0 ? line : line.slice(0, end);
    if (rest !== '' && rest !== 'WATCHER::' && !isEvent(rest)) outputs.at(-1)?.push(rest);
    if (end >= 0) outputs.push([commands[outputs.length - 1] ?? '(end)']);
  }
  return { outputs, events, exitCode };
}

/** Runs one command given as arguments. @param jvm Java options, such as those of a client that speaks TLS */
export async function runCliOnce(server: string, command: readonly string[], jvm: readonly string[] = []): Promise<CliReport> {
  const { text, exitCode } = await runCli(server, command, '', jvm);
  const masked = text.map((line) => masks(line, server)).filter((line) => line !== '' && line !== 'WATCHER::');
  return { outputs: [[command.join(' '), ...masked.filter((line) => !isEvent(line))]], events: [], exitCode };
}

function isEvent(line: string): boolean {
  return line.startsWith('WatchedEvent ');
}

/** What one command removes, the client reports in any order; removals that follow each other are put in one. */
function sortRemovals(events: readonly string[]): readonly string[] {
  const isRemoval = (event: string): boolean => event.includes('WatchRemoved ');
  const out: string[] = [];
  for (let at = 0; at < events.length; ) {
    let end = at;
    while (end < events.length && isRemoval(events[end] ?? '')) end++;
    if (end === at) out.push(events[at++] ?? '');
    else out.push(...events.slice(at, end).sort());
    at = Math.max(at, end);
  }
  return out;
}

/** Connected, closed: each connection has a thread for its events, and the client ends without waiting for them. */
function isOfState(line: string): boolean {
  return line.includes(' type:None ');
}

/** Times, the ids of sessions and the address are the server's own; zxids are not: they must agree. */
function masks(line: string, server: string): string {
  const port = server.slice(server.lastIndexOf(':') + 1);
  return line
    .replace(/^([cm]time) = .*/, '$1 = (time)')
    .replace(/^(ephemeralOwner) = 0x[0-9a-f]{2,}$/, '$1 = (session)')
    .replaceAll(port, '(port)');
}

async function runCli(
  server: string, command: readonly string[], input: string, jvm: readonly string[] = [],
): Promise<{ text: string[]; exitCode: number | null }> {
  const { java, zookeeper } = requireParts('java', 'zookeeper');
  const args = [
    '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Dfile.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=off', '-Dlogback.configurationFile=none.xml', ...jvm,
    '-cp', zookeeper.classpath, 'org.apache.zookeeper.ZooKeeperMain', '-server', server, ...command,
  ];
  // Errors go where results go, in the order in which they are printed.
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', java.command, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  guardProcess(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { text: output.split('\n'), exitCode };
}
