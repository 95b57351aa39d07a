/**
 * What parts of the service say to people, in pino's form: fields first, then a constant message.
 *
 * `error` asks a person to act, `warn` means degraded but recovering, `info` tells of lifecycle and
 * alert changes, `debug` of batches.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
