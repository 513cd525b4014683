/** HTTP requests to the AdminServer and to the metrics (facts 6.2, 6.3; JettyAdminServer, PrometheusMetricsProvider). */

import { encodeUtf8 } from '../../../base/text.ts';
import type { AdminView } from '../admin-view.ts';
import { ADMIN_COMMANDS, findAdminCommand } from './commands.ts';
import { printJson } from './json.ts';
import { prometheusText } from './prometheus.ts';

export interface HttpRequest {
  readonly method: string;
  /** Without the query, percent-decoded. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves HTTP. @throws UsageError when the address cannot be listened on */
export type ListenHttp = (
  options: { readonly host: string | null; readonly port: number; readonly idleTimeoutMs: number },
  handler: HttpHandler,
) => Promise<HttpListener>;

const text = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): HttpResponse =>
  ({ status, contentType, body: encodeUtf8(body) });

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * The AdminServer.
 *
 * @param url admin.commandURL, such as /commands
 */
export function adminHandler(view: AdminView, url: string): HttpHandler {
  return async ({ method, path, query }) => {
    if (!METHODS.has(method)) return text(405, `${method} is not allowed\n`);
    if (path === url || path === `${url}/`) return text(200, links(url), 'text/html; charset=utf-8');
    if (!path.startsWith(`${url}/`)) return text(404, `there is nothing at ${path}; the commands are at ${url}\n`);
    const name = path.slice(url.length + 1);
    const command = findAdminCommand(name);
    const result = command === undefined
      ? { fields: {}, error: `Unknown command: ${name}` }
      : await command.run(view, query);
    const shown = command?.names[0] ?? name;
    // Apache puts an error before the command's name where the command itself failed.
    const tail = command !== undefined && result.error !== null
      ? { error: result.error, command: shown }
      : { command: shown, error: result.error };
    return text(200, printJson({ ...result.fields, ...tail }), 'application/json');
  };
}

function links(url: string): string {
  return ADMIN_COMMANDS.map(({ names: [name] }) => `<a href="${url}/${name}">${name}</a>\n<br/>\n`).join('');
}

/** The metrics, at /metrics. */
export function metricsHandler(view: AdminView): HttpHandler {
  return ({ method, path }) => {
    if (!METHODS.has(method)) return Promise.resolve(text(405, `${method} is not allowed\n`));
    if (path !== '/metrics') return Promise.resolve(text(404, `there is nothing at ${path}; the metrics are at /metrics\n`));
    return Promise.resolve(text(200, prometheusText(view), 'text/plain; version=0.0.4; charset=utf-8'));
  };
}
