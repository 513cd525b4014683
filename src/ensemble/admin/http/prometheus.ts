/**
 * Metrics in Prometheus' text format 0.0.4, under the names of Apache's PrometheusMetricsProvider (facts 6.3): those
 * of mntr without its prefix. A summary has its count and sum; quantiles are not kept here, so none are told.
 */

import type { AdminView } from '../admin-view.ts';
import { counters, gauges, sumOf, summaries } from '../mntr.ts';

/** The whole page. */
export function prometheusText(view: AdminView): string {
  const lines: string[] = [];
  for (const [name, value] of gauges(view)) lines.push(...family(name, 'gauge'), `${name} ${double(value)}`);
  for (const [name, value] of counters(view)) lines.push(...family(name, 'counter'), `${name} ${double(value)}`);
  for (const { name, values } of summaries(view)) {
    lines.push(...family(name, 'summary'), `${name}_count ${double(values.count)}`, `${name}_sum ${double(sumOf(values))}`);
  }
  return `${lines.join('\n')}\n`;
}

function family(name: string, type: string): string[] {
  return [`# HELP ${name} ${name}`, `# TYPE ${name} ${type}`];
}

/** Every value is a double there. */
function double(value: string | number): string {
  return typeof value === 'number' && Number.isInteger(value) ? `${value}.0` : String(value);
}
