/** HTTP requests to the AdminServer and to the metrics (facts 6.2, 6.3; JettyAdminServer, PrometheusMetricsProvider). */

import { encodeUtf8 } from '../../../base/text.ts';
import type { AdminControl, StateCommandSettings } from '../admin-control.ts';
import { ADMIN_COMMANDS, findAdminCommand } from './commands.ts';
import type { HttpHandler, HttpResponse } from './exchange.ts';
import { printJson } from './json.ts';
import { prometheusText } from './prometheus.ts';
import { findStateCommand, STATE_COMMANDS, StateCommands } from './state-commands.ts';

const text = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): HttpResponse =>
  ({ status, contentType, body: encodeUtf8(body) });

/** Commands.java */
const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';
const LOOKING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * The AdminServer.
 *
 * @param url admin.commandURL, such as /commands
 */
export function adminHandler(server: AdminControl, url: string, settings: StateCommandSettings): HttpHandler {
  const states = new StateCommands(server, settings);
  return async (request) => {
    const { method, path, query } = request;
    if (path === url || path === `${url}/`) {
      return LOOKING.has(method) ? text(200, links(url), 'text/html; charset=utf-8') : text(405, `${method} is not allowed\n`);
    }
    if (!path.startsWith(`${url}/`)) return text(404, `there is nothing at ${path}; the commands are at ${url}\n`);
    const name = path.slice(url.length + 1);
    const state = findStateCommand(name);
    if (state === undefined ? !LOOKING.has(method) : method !== state.method) return text(405, `${method} is not allowed\n`);
    if (state !== undefined) return states.answer(state, request);
    const command = findAdminCommand(name);
    const result = command === undefined
      ? { fields: {}, error: `Unknown command: ${name}` }
      : server.view === null
        ? { fields: {}, error: NOT_SERVING }
        : await command.run(server.view, query);
    const shown = command?.names[0] ?? name;
    // Apache puts an error before the command's name where the command itself failed.
    const tail = command !== undefined && result.error !== null
      ? { error: result.error, command: shown }
      : { command: shown, error: result.error };
    return text(200, printJson({ ...result.fields, ...tail }), 'application/json');
  };
}

function links(url: string): string {
  const names = [...ADMIN_COMMANDS, ...STATE_COMMANDS].map(({ names: [name] }) => name ?? '').sort();
  return names.map((name) => `<a href="${url}/${name}">${name}</a>\n<br/>\n`).join('');
}

/** The metrics, at /metrics. */
export function metricsHandler(server: Pick<AdminControl, 'view'>): HttpHandler {
  return ({ method, path }) => {
    if (!LOOKING.has(method)) return Promise.resolve(text(405, `${method} is not allowed\n`));
    if (path !== '/metrics') return Promise.resolve(text(404, `there is nothing at ${path}; the metrics are at /metrics\n`));
    if (server.view === null) return Promise.resolve(text(503, `${NOT_SERVING}\n`));
    return Promise.resolve(text(200, prometheusText(server.view), 'text/plain; version=0.0.4; charset=utf-8'));
  };
}
