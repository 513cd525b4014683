/** What is wrong with a configuration: one line, fit for a person, naming the key and the value. */

import { UsageError } from '../../model/errors.ts';

export class ConfigError extends UsageError {
  constructor(message: string) {
    super('Config', message);
  }
}
