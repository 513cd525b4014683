/** The ports of the AdminServer and of the metrics. What cannot be opened is told, and the server serves all the same. */

import { adminHandler, metricsHandler } from './admin/http/answer.ts';
import type { HttpHandler, HttpListener } from './admin/http/exchange.ts';
import type { AdminControl } from './admin/admin-control.ts';
import type { AdminSettings, HttpSettings } from './config/admin-settings.ts';
import type { ServerEnvironment } from './environment.ts';

/** Opens what the configuration asks for. A port in use is logged, as by Apache's server. */
export async function openAdminPorts(environment: ServerEnvironment, settings: AdminSettings, server: AdminControl): Promise<HttpListener[]> {
  const { listenHttp, logger } = environment;
  const open: HttpListener[] = [];
  const add = async <T extends HttpSettings>(name: string, at: T | null, handler: (at: T) => HttpHandler): Promise<void> => {
    if (at === null) return;
    try {
      const listener = await listenHttp(at, handler(at));
      open.push(listener);
      logger.log('info', `${name} is open`, { port: listener.port });
    } catch (error) {
      logger.log('error', `${name} could not be opened; the server serves without it`, { reason: error instanceof Error ? error.message : String(error) });
    }
  };
  await add('the AdminServer', settings.adminServer, (at) => adminHandler(server, at.commandUrl, at.stateCommands));
  await add('the port of the metrics', settings.prometheus, () => metricsHandler(server));
  return open;
}
