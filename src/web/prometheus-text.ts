/**
 * Metrics in Prometheus' text format (version 0.0.4).
 *
 * Inside, a histogram's buckets count for themselves; here they are cumulative, and the last is `+Inf`.
 */
import type { HistogramSample, MetricFamily, MetricSample } from "./metric-family.ts";

export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function prometheusText(families: Iterable<MetricFamily>): string {
  const lines: string[] = [];
  for (const family of families) lines.push(...familyLines(family));
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function familyLines(family: MetricFamily): readonly string[] {
  const name = family.kind === "counter" ? `${family.name}_total` : family.name;
  const head = [`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.kind}`];
  if (family.kind === "histogram") return [...head, ...histogramLines(name, family.histogram)];
  const samples = family.kind === "counter" ? family.counters() : family.samples();
  return [...head, ...Array.from(samples, ({ labels, value }) => sampleLine(name, labels, value))];
}

function histogramLines(name: string, histogram: HistogramSample): readonly string[] {
  const { bucketCounts, upperBounds, sum, count } = histogram;
  let cumulative = 0;
  const buckets = upperBounds.map((bound, index) => {
    cumulative += bucketCounts[index] ?? 0;
    return sampleLine(`${name}_bucket`, { le: numberText(bound) }, cumulative);
  });
  return [
    ...buckets,
    sampleLine(`${name}_bucket`, { le: "+Inf" }, count),
    sampleLine(`${name}_sum`, {}, sum),
    sampleLine(`${name}_count`, {}, count),
  ];
}

function sampleLine(name: string, labels: MetricSample["labels"], value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${labelName(label)}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}`;
}

/** Go's spelling of what is no number; JavaScript's exponents are understood. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

/** OpenTelemetry's names have dots, which Prometheus has not. */
function labelName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
