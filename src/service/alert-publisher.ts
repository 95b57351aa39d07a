/**
 * Takes alert events downstream: as log records through the same queue as everything else, and as
 * spans to those exporters that ask for spans.
 *
 * Publishing never holds up a page and never fails loudly: what cannot be queued is counted and said.
 */
import type { AlertEvent } from "../core/alerts/alert.ts";
import type { AlertLogRecord } from "../core/alerts/alert-log-record.ts";
import { alertLogRecord, otlpLogRecord } from "../core/alerts/alert-log-record.ts";
import { encodeLogsRequest } from "../core/otlp/log-record.ts";
import type { UnixMillis } from "../core/time.ts";
import type { ForwardQueue } from "./intake.ts";
import type { PipelineCounters } from "./pipeline-counters.ts";

export type AlertPublisherParts = {
  /** null when no exporter takes alert events as log records. */
  readonly queue: Pick<ForwardQueue, "append"> | null;
  readonly spans: readonly { publish(record: AlertLogRecord): Promise<void> }[];
  readonly counters: PipelineCounters;
  readonly version: string;
  readonly nowWall: () => UnixMillis;
  readonly onPublished: (event: AlertEvent) => void;
  readonly onFailed: (error: unknown) => void;
};

export function createAlertPublisher(parts: AlertPublisherParts): (event: AlertEvent) => void {
  return (event) => {
    const record = alertLogRecord(event);
    const ways = parts.spans.map((exporter) => exporter.publish(record));
    if (parts.queue !== null) ways.push(appendLogRecord(parts, parts.queue, record));
    Promise.all(ways).then(() => parts.onPublished(event), parts.onFailed);
  };
}

async function appendLogRecord(
  { counters, nowWall, version }: AlertPublisherParts,
  queue: Pick<ForwardQueue, "append">,
  record: AlertLogRecord,
): Promise<void> {
  const bytes = encodeLogsRequest({
    resource: { "service.name": "authspike", "service.version": version },
    scope: { name: "authspike", version },
    records: [otlpLogRecord(record, nowWall())],
  });
  counters.accepted("alert_events").add(1);
  await queue.append({ signal: "logs", bytes, itemCount: 1 });
}
