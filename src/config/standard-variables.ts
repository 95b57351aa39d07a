/**
 * The exporter that OpenTelemetry's standard variables describe (`OTEL_EXPORTER_OTLP_…`).
 *
 * A variable for one signal wins over the general one. A general address gets `v1/traces` and so on
 * appended over HTTP, an address for one signal is used as it is. Only signals for which some variable
 * names an address are sent: the specification's default, localhost, is where we ourselves listen.
 * Signals that are to be sent differently become exporters of their own.
 */
import type { Signal } from "../core/otlp/verdict.ts";
import { SIGNALS } from "../core/otlp/verdict.ts";
import type { Place, YamlNode } from "../core/text/yaml-document.ts";
import { nodeOf } from "../core/text/yaml-document.ts";
import type { Environment } from "./environment.ts";
import { variable } from "./environment.ts";
import { mergeNodes, nestNode } from "./layers.ts";

/** null when no variable names an address. */
export function standardExporters(environment: Environment): YamlNode | null {
  const groups = new Map<string, SignalSettings[]>();
  for (const signal of SIGNALS) {
    const settings = settingsOf(signal, environment);
    if (settings === null) continue;
    const key = settings.shared.map(({ text }) => text).join("\n");
    groups.set(key, [...(groups.get(key) ?? []), settings]);
  }
  const trees = [...groups.values()].flatMap((group) =>
    exporterTree(group, groups.size === 1 ? "otlp" : nameOf(group)),
  );
  return trees.length === 0 ? null : trees.reduce(mergeNodes);
}

/** A setting of ours with the value that a variable gives it. */
type Given = { readonly setting: string; readonly text: string; readonly place: Place };

type SignalSettings = { readonly signal: Signal; readonly address: Given; readonly shared: readonly Given[] };

const SHARED_VARIABLES: readonly (readonly [setting: string, suffix: string, fallback: string | null])[] = [
  ["protocol", "PROTOCOL", "http/protobuf"],
  ["compression", "COMPRESSION", "none"],
  ["timeout", "TIMEOUT", null],
  ["headers", "HEADERS", null],
  ["tls.ca_file", "CERTIFICATE", null],
  ["tls.cert_file", "CLIENT_CERTIFICATE", null],
  ["tls.key_file", "CLIENT_KEY", null],
  ["tls.insecure", "INSECURE", null],
];

function settingsOf(signal: Signal, environment: Environment): SignalSettings | null {
  const own = lookUp(environment, `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
  const base = lookUp(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const endpoint = own ?? base;
  if (endpoint === null) return null;
  const shared = SHARED_VARIABLES.flatMap(([setting, suffix, fallback]) => {
    const found =
      lookUp(environment, `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${suffix}`) ??
      lookUp(environment, `OTEL_EXPORTER_OTLP_${suffix}`);
    const text = found?.text ?? fallback;
    return text === null ? [] : [{ setting, text, place: found?.place ?? endpoint.place }];
  });
  const isGrpc = shared.some(({ setting, text }) => setting === "protocol" && text === "grpc");
  const text = own !== null || isGrpc ? endpoint.text : `${endpoint.text.replace(/\/+$/, "")}/v1/${signal}`;
  return { signal, address: { setting: `${signal}_endpoint`, text, place: endpoint.place }, shared };
}

function exporterTree(group: readonly SignalSettings[], name: string): readonly YamlNode[] {
  const given = [...group.map(({ address }) => address), ...(group[0]?.shared ?? [])];
  return given.map(({ setting, text, place }) =>
    nestNode(["exporters", name, ...setting.split(".")], valueNode(setting, text, place)),
  );
}

function valueNode(setting: string, text: string, place: Place): YamlNode {
  if (setting === "headers") return nodeOf(baggageOf(text), place);
  if (setting === "timeout") return nodeOf(/^\d+$/.test(text) ? `${text}ms` : text, place);
  return nodeOf(setting === "tls.insecure" ? text.toLowerCase() : text, place);
}

/** `api-key=secret,other=a%20b`: the form of W3C baggage, percent-encoded. */
function baggageOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = "", ...rest] = pair.split("=");
      return [decoded(key.trim()), decoded(rest.join("=").trim())];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // A lone "%" is no fault worth stopping for: it is taken as it stands.
    if (error instanceof URIError) return text;
    throw error;
  }
}

function nameOf(group: readonly SignalSettings[]): string {
  return ["otlp", ...group.map(({ signal }) => signal)].join("-");
}

function lookUp(environment: Environment, name: string): { readonly text: string; readonly place: Place } | null {
  const text = variable(environment, name);
  return text === undefined ? null : { text, place: { file: name, line: 1, column: 1, length: 1 } };
}
