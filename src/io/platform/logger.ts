/**
 * The process's logger: JSON lines for machines, one short line for a person at a terminal.
 *
 * Secrets are taken out here and not where a line is written, because the one place that forgets
 * would be the leak. What a part logs is fields and a constant message; see `redactedPaths` for the
 * names under which a secret may never travel.
 */
import type { Level, Logger } from "pino";
import { pino } from "pino";
import { prettyLine } from "./pretty-line.ts";

export type { Logger } from "pino";

/** Where lines go: `process.stderr`, a file's stream. */
export type LogStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

export type LogSettings = {
  readonly level: Level | "silent";
  /** `auto`: pretty on a terminal, JSON otherwise. */
  readonly format: "auto" | "json" | "pretty";
};

/** Names of secrets, as they are spelled in settings, bodies and headers. */
const secretNames = [
  "routing_key",
  "routingKey",
  "authorization",
  "Authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "password",
  "secret",
  "token",
  "bearer_tokens",
  "bearerTokens",
  "api_key",
  "apiKey",
  "x-api-key",
];

/** At the top of the fields and up to three levels down: settings and errors nest no deeper. */
const redactedPaths = ["", "*", "*.*", "*.*.*"].flatMap((parents) =>
  secretNames.map((name) => `${parents}["${name}"]`),
);

/** One line per call on `stream`. Use `logger.child({ part: "outbox" })` for a part of the process. */
export function createLogger(settings: LogSettings, stream: LogStream): Logger {
  const isPretty = settings.format === "pretty" || (settings.format === "auto" && stream.isTTY === true);
  const destination = isPretty ? { write: (line: string) => void stream.write(prettyLine(line, stream)) } : stream;
  return pino(
    {
      level: settings.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: "[redacted]" },
    },
    destination,
  );
}
