/** The redaction that the configuration asks for, with its counters. */
import { Redactor } from "../core/extraction/redaction/redactor.ts";
import { SECRET_KINDS } from "../core/extraction/redaction/secret-kind.ts";
import type { RedactionRules } from "../core/extraction/redaction/secrets-in-text.ts";
import type { Signal } from "../core/otlp/verdict.ts";
import type { MetricRegistry } from "./metrics.ts";

/** Returns the same bytes when there is nothing to take out. */
export type Redact = (signal: Signal, bytes: Uint8Array) => Uint8Array;

/** Null when nothing is to be redacted. */
export function createRedaction(rules: RedactionRules | null, registry: MetricRegistry): Redact | null {
  if (rules === null) return null;
  const redactor = new Redactor(rules);
  const family = registry.counters({
    name: "authspike_redacted_secrets",
    help: "Secrets that were replaced in telemetry, by kind",
    unit: "{secret}",
  });
  const counters = SECRET_KINDS.map((kind) => ({ kind, counter: family.with({ kind }) }));
  family.collectFrom(() => {
    for (const { counter, kind } of counters) counter.add(redactor.counts[kind] - counter.value);
  });
  return (signal, bytes) => redactor.redact(signal, bytes);
}
