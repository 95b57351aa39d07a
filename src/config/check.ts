/**
 * What no single value can be blamed for: settings that are right by themselves and wrong together.
 */
import { accessSync, constants } from "node:fs";
import type { Placed } from "../core/text/shape.ts";
import type { Report, YamlNode } from "../core/text/yaml-document.ts";
import { errorAt } from "../core/text/yaml-document.ts";
import { destinationOf, isLoopback, isThisMachine, meetsHost } from "./addresses.ts";
import type { ConfigCode } from "./codes.ts";
import type { SettingPath } from "./layers.ts";
import { placeOf } from "./layers.ts";
import { fileProblem } from "./secret-file.ts";
import type { HostAndPort } from "./setting-shapes.ts";
import type { ExporterSettings, ReceiverSettings, Settings } from "./settings.ts";

export type CheckContext = {
  /** The tree that the settings were read from, for places. */
  readonly tree: YamlNode;
  readonly report: Report;
  readonly absolutePath: (path: Placed<string>) => string;
};

export function checkSettings(settings: Settings, context: CheckContext): void {
  const { receivers, exporters, api, telemetry } = settings;
  checkReceiver(["receivers", "grpc"], receivers.grpc, context);
  checkReceiver(["receivers", "http"], receivers.http, context);
  checkApi(api, context);
  checkPorts(settings, context);
  for (const [name, exporter] of exporters) checkExporter(["exporters", name], exporter, settings, context);
  if (telemetry.endpoint !== null) {
    checkDestination(["telemetry", "endpoint"], telemetry.endpoint, receivers, context);
    requireUrl(["telemetry", "endpoint"], telemetry.endpoint, context);
  }
}

function checkReceiver(path: SettingPath, receiver: ReceiverSettings, context: CheckContext): void {
  const { tls, auth, endpoint, allow_unauthenticated } = receiver;
  if (tls !== null) checkFiles([...path, "tls"], tls, context);
  const knowsClients = auth.bearer_tokens.length > 0 || (tls !== null && tls.client_ca_file !== null);
  if (isLoopback(endpoint.host) || knowsClients || allow_unauthenticated) return;
  const setting = path.join(".");
  refuse(
    [...path, "endpoint"],
    "AC103",
    `other machines can reach ${endpoint.host}, and nobody asks who they are; give ${setting}.auth.bearer_tokens or ` +
      `${setting}.tls.client_ca_file, or say ${setting}.allow_unauthenticated: true`,
    context,
  );
}

function checkApi({ endpoint, auth }: Settings["api"], context: CheckContext): void {
  if (isLoopback(endpoint.host) || auth.bearer_tokens.length > 0) return;
  const message = `other machines can reach ${endpoint.host}, so api.auth.bearer_tokens must have a token`;
  refuse(["api", "endpoint"], "AC104", message, context);
}

function checkPorts({ receivers, api }: Settings, context: CheckContext): void {
  const listeners: readonly (readonly [SettingPath, HostAndPort])[] = [
    [["receivers", "grpc", "endpoint"], receivers.grpc.endpoint],
    [["receivers", "http", "endpoint"], receivers.http.endpoint],
    [["api", "endpoint"], api.endpoint],
  ];
  listeners.forEach(([path, { host, port }], index) => {
    const first = listeners.slice(0, index).find(([, other]) => other.port === port && meetsHost(other.host, host));
    if (port === 0 || first === undefined) return;
    // Of two, the one that somebody wrote is to blame.
    const isDefault = placeOf(context.tree, path).file === "";
    const [blamed, other] = isDefault ? [first[0], path] : [path, first[0]];
    refuse(blamed, "AC105", `${other.join(".")} has port ${port} as well`, context);
  });
}

function checkExporter(path: SettingPath, exporter: ExporterSettings, all: Settings, context: CheckContext): void {
  const names = ["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint"] as const;
  const addresses = names.flatMap((name) => (exporter[name] === null ? [] : [{ name, address: exporter[name] }]));
  if (addresses.length === 0) refuse(path, "AC107", `${path.join(".")}.endpoint is missing`, context);
  for (const { name, address } of addresses) {
    checkDestination([...path, name], address, all.receivers, context);
    refuseCredentials([...path, name], address, context);
    if (exporter.protocol !== "grpc") requireUrl([...path, name], address, context);
  }
  const hasTraces = exporter.endpoint !== null || exporter.traces_endpoint !== null;
  if (exporter.alert_events === "span" && (exporter.protocol === "grpc" || !hasTraces)) {
    const message = "spans of alerts are sent over HTTP: they need protocol http/… and an address for traces";
    refuse([...path, "alert_events"], "AC108", message, context);
  }
  checkFiles([...path, "tls"], exporter.tls, context);
  const { cert_file, key_file } = exporter.tls;
  if ((cert_file === null) !== (key_file === null)) {
    refuse([...path, "tls"], "AC106", "cert_file and key_file are given together or not at all", context);
  }
}

/** What came back to us would be forwarded again, without end. */
function checkDestination(
  path: SettingPath,
  address: string,
  receivers: Settings["receivers"],
  context: CheckContext,
): void {
  const destination = destinationOf(address);
  if (destination === undefined) return;
  for (const name of ["grpc", "http"] as const) {
    const { host, port } = receivers[name].endpoint;
    const isOurs = meetsHost(host, destination.host) || (isThisMachine(host) && isThisMachine(destination.host));
    if (port === 0 || port !== destination.port || !isOurs) continue;
    const message = `this is our own receiver (receivers.${name}.endpoint, ${host}:${port}): it would go round for ever`;
    refuse(path, "AC102", message, context);
  }
}

/** They would be shown wherever the address is, and no client of ours would send them. */
function refuseCredentials(path: SettingPath, address: string, context: CheckContext): void {
  if (!URL.canParse(address)) return;
  const { username, password } = new URL(address);
  if (username === "" && password === "") return;
  const message = 'an address takes no user and password; say headers: {authorization: "Basic …"} instead';
  refuse(path, "AC108", message, context);
}

function requireUrl(path: SettingPath, address: string, context: CheckContext): void {
  if (/^https?:\/\//.test(address)) return;
  refuse(path, "AC108", `HTTP needs http:// or https:// before "${address}"`, context);
}

function checkFiles(
  path: SettingPath,
  files: { readonly [setting: string]: Placed<string> | boolean | null },
  context: CheckContext,
): void {
  for (const [setting, file] of Object.entries(files)) {
    if (file === null || typeof file === "boolean") continue;
    try {
      accessSync(context.absolutePath(file), constants.R_OK);
    } catch (error) {
      refuse([...path, setting], "AC106", `cannot read ${file.value}: ${fileProblem(error)}`, context);
    }
  }
}

function refuse(path: SettingPath, code: ConfigCode, message: string, { tree, report }: CheckContext): void {
  report(errorAt(placeOf(tree, path), code, message));
}
