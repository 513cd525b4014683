/** What a server takes on at once, and what it does with more (facts 4.5; BlueThrottle, RequestThrottler). */

import { parseDecimal, parseFlag, parsePropertyWhole } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

/** Tokens that sessions cost when clients connect. */
export interface ConnectionThrottleSettings {
  /** 0: nobody is held up. */
  readonly tokens: number;
  readonly fillTimeMs: number;
  readonly fillCount: number;
  /** -1: nobody is turned away by chance. */
  readonly freezeTimeMs: number;
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  readonly decreaseRatio: number;
  /** Tokens per session, by kind; null: one each. */
  readonly weights: { readonly global: number; readonly local: number; readonly renew: number } | null;
}

export interface RequestThrottleSettings {
  /** Requests in the stages at one time; 0: no limit. */
  readonly requestsMax: number;
  /** How often those that wait are looked at, in ms. */
  readonly stallTimeMs: number;
  /** Drop what nobody waits for any more, and its connection with it. */
  readonly dropStale: boolean;
  readonly staleByConnection: boolean;
  readonly staleByLatency: boolean;
  /** A request that waited longer is turned away (-127); 0: none. */
  readonly waitTimeMs: number;
}

export interface ThrottleSettings {
  readonly connections: ConnectionThrottleSettings;
  readonly requests: RequestThrottleSettings;
  /** A request above this many bytes is a large one; -1: none is. */
  readonly largeRequestBytes: number;
  /** Large requests at one time, in bytes. */
  readonly largeRequestBytesMax: number;
}

const LARGE_REQUEST_BYTES_MAX = 100 * 1024 * 1024;

/**
 * Reads the properties.
 *
 * @throws ConfigError naming the property and the value
 */
export function readThrottleSettings(properties: Properties): ThrottleSettings {
  const whole = (name: string, fallback: number, min: number): number => {
    const text = properties.get(`zookeeper.${name}`);
    return text === undefined ? fallback : parsePropertyWhole(`zookeeper.${name}`, text, { min });
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const text = properties.get(`zookeeper.${name}`);
    return text === undefined ? fallback : parseFlag(`zookeeper.${name}`, text);
  };
  return {
    connections: readConnectionThrottle(properties, whole, flag),
    requests: {
      requestsMax: whole('request_throttle_max_requests', 0, 0),
      stallTimeMs: whole('request_throttle_stall_time', 100, 1),
      dropStale: flag('request_throttle_drop_stale', true),
      staleByConnection: flag('request_stale_connection_check', true),
      staleByLatency: flag('request_stale_latency_check', false),
      waitTimeMs: whole('throttled_op_wait_time', 0, 0),
    },
    largeRequestBytes: whole('largeRequestThreshold', -1, -1),
    largeRequestBytesMax: whole('largeRequestMaxBytes', LARGE_REQUEST_BYTES_MAX, 1),
  };
}

/** With weights, tokens count whole global sessions. A weight that makes no sense is replaced as Apache's server does. */
function readConnectionThrottle(
  properties: Properties, whole: (name: string, fallback: number, min: number) => number, flag: (name: string, fallback: boolean) => boolean,
): ConnectionThrottleSettings {
  const INT_MIN = -0x8000_0000;
  const share = (name: string, fallback: number): number => {
    const text = properties.get(`zookeeper.${name}`);
    return text === undefined ? fallback : parseDecimal(`zookeeper.${name}`, text);
  };
  const weigh = (name: string, fallback: number, least: number): number => {
    const weight = whole(`connection_throttle_${name}_session_weight`, fallback, INT_MIN);
    return weight <= 0 ? fallback : Math.max(weight, least);
  };
  const local = whole('connection_throttle_local_session_weight', 1, INT_MIN);
  const global = weigh('global', 3, local);
  const weights = flag('connection_throttle_weight_enabled', false)
    ? { global, local: local <= 0 ? 1 : local, renew: weigh('renew', 2, local) }
    : null;
  const perSession = weights === null ? 1 : global;
  return {
    weights,
    tokens: whole('connection_throttle_tokens', 0, 0) * perSession,
    fillCount: whole('connection_throttle_fill_count', 1, 0) * perSession,
    fillTimeMs: whole('connection_throttle_fill_time', 1, 1),
    freezeTimeMs: whole('connection_throttle_freeze_time', -1, -1),
    dropIncrease: share('connection_throttle_drop_increase', 0.02),
    dropDecrease: share('connection_throttle_drop_decrease', 0.002),
    decreaseRatio: share('connection_throttle_decrease_ratio', 0),
  };
}
