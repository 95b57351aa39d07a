/**
 * `authspike run`: the collector, until it is asked to stop.
 *
 * SIGTERM and SIGINT drain and then stop, the second one stops at once. SIGHUP looks at the rule
 * files. The banner says what a newcomer needs and what would otherwise surprise.
 */
import { once } from "node:events";
import type { Config } from "../config/config.ts";
import { readVersion } from "../config/version.ts";
import { tuneGarbageCollection } from "../io/platform/garbage-collection.ts";
import type { RunningService } from "../service/assemble.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import type { ConfigOptions } from "./config-options.ts";
import { loadConfigOrPrint } from "./config-options.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { listenForStop } from "./stop-signal.ts";

export async function runCollector(options: ConfigOptions, context: CommandContext): Promise<number> {
  tuneGarbageCollection();
  const loaded = loadConfigOrPrint(options, context);
  if (loaded === undefined) return EXIT_CODES.badConfiguration;
  // Listened to before anything starts: a supervisor may be quicker than we are.
  using stop = listenForStop(["SIGINT", "SIGTERM"]);
  using reload = listenForReload();
  const { environment, stderr } = context;
  const version = readVersion();
  const { runService } = await import("../service/assemble.ts");
  const start = await runService(loaded.config, { environment, stderr, version });
  if (start.kind === "refused") {
    printLine(stderr, `authspike cannot start: ${start.text}`);
    return start.exitCode;
  }
  await using service = start.service;
  reload.call(() => service.reloadRules());
  const files = loaded.sources.map(({ path }) => path);
  for (const line of banner({ version, service, config: loaded.config, files })) printLine(context.stdout, line);
  if (!stop.signal.aborted) await once(stop.signal, "abort");
  return EXIT_CODES.ok;
}

/** SIGHUP ends a process that does not listen. One that comes early is heard: start-up reads the rules anyway. */
function listenForReload(): { call(onReload: () => void): void } & Disposable {
  let reload = () => {};
  const onSignal = () => reload();
  process.on("SIGHUP", onSignal);
  return {
    call: (onReload) => {
      reload = onReload;
    },
    [Symbol.dispose]: () => void process.off("SIGHUP", onSignal),
  };
}

type Start = {
  readonly version: string;
  readonly service: RunningService;
  readonly config: Config;
  readonly files: readonly string[];
};

function banner({ version, service, config, files }: Start): readonly string[] {
  const { addresses, exporters, ruleCount } = service;
  const forward =
    exporters.length === 0
      ? "nowhere: no exporter is configured, so spans are analysed and not forwarded"
      : exporters.join(", ");
  return [
    `authspike ${version}`,
    `  OTLP     grpc ${addresses.grpc}, http ${addresses.http}`,
    `  forward  ${forward}`,
    `  rules    ${ruleCount} from ${config.rules.directory}`,
    `  API      http://${addresses.api}`,
    `  data     ${config.storage.directory}`,
    `  config   ${files.length === 0 ? "defaults, no file" : files.join(", ")}`,
  ];
}
