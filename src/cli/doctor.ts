/**
 * `authspike doctor`: what is wrong with a running authspike and with what services send it, or with what a
 * recording holds.
 *
 * Exits with 1 when something is an error, with 3 when something is a warning under `--strict`, and with 4 when
 * nobody answers.
 */
import type { InstrumentationReport } from "../core/extraction/instrumentation/finding.ts";
import type { RecordingFormat } from "../io/recordings/recorded-item.ts";
import type { DeliveryView, PipelineView, RulesView } from "../web/views.ts";
import { readBacktestSettings } from "./backtest-settings.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import type { HealthCheck } from "./doctor-health.ts";
import { healthChecks } from "./doctor-health.ts";
import { examineRecordings } from "./doctor-recording.ts";
import { findingsText, healthText, servicesText } from "./doctor-report.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { printAs } from "./output.ts";
import { refuseRecording } from "./recordings.ts";
import { askServer, askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { queryText } from "./shown-values.ts";

export type DoctorOptions = ServerOptions & {
  /** Recordings; none: ask the server. */
  readonly inputs: readonly string[];
  readonly scope: "everything" | "instrumentation";
  readonly strictness: "strict" | "lenient";
  /** Only findings of this service. */
  readonly service: string | null;
  /** Of recordings; null = told by the content. */
  readonly format: RecordingFormat | null;
  /** Configuration files by which recordings are read. */
  readonly config: readonly string[];
};

/** `health` is null where no server was asked for it. */
type Examination = InstrumentationReport & { readonly health: readonly HealthCheck[] | null };

type Examined = Examination | { readonly exitCode: number };

const DEAD_DELIVERIES_MAX = 1000;

export async function runDoctor(options: DoctorOptions, context: CommandContext): Promise<number> {
  const examined = await (options.inputs.length > 0 ? examineFiles(options, context) : examineServer(options, context));
  if ("exitCode" in examined) return examined.exitCode;
  const { findings, health, services } = ofService(examined, options.service);
  if (options.service !== null && services.length === 0) {
    printLine(context.stderr, `no spans of ${options.service} have been seen`);
    return EXIT_CODES.notFound;
  }
  printExamination({ health, services, findings }, options.output, context);
  const states = [...(health ?? []).map(({ state }) => state), ...findings.map(({ severity }) => severity)];
  if (states.includes("error")) return EXIT_CODES.failed;
  return states.includes("warning") && options.strictness === "strict" ? EXIT_CODES.warnings : EXIT_CODES.ok;
}

function ofService({ findings, health, services }: Examination, name: string | null): Examination {
  const isMeant = ({ service }: { readonly service: string }) => name === null || service === name;
  return { health, services: services.filter(isMeant), findings: findings.filter(isMeant) };
}

async function examineFiles(options: DoctorOptions, context: CommandContext): Promise<Examined> {
  const { config, format, inputs } = options;
  const settings = readBacktestSettings(config, context);
  if (settings === undefined) return { exitCode: EXIT_CODES.badConfiguration };
  try {
    return { health: null, ...(await examineRecordings({ inputs, format, settings }, context)) };
  } catch (error) {
    return { exitCode: refuseRecording(error, context) };
  }
}

async function examineServer({ scope, url }: DoctorOptions, context: CommandContext): Promise<Examined> {
  const path = "/api/v1/instrumentation";
  const asked = await askServerOrPrint<InstrumentationReport>({ url, path }, context);
  if (asked.kind === "failed") return asked;
  if (scope === "instrumentation") return { health: null, ...asked.answer };
  const health = await examineHealth(url, context);
  return "exitCode" in health ? health : { health, ...asked.answer };
}

async function examineHealth(
  url: string,
  context: CommandContext,
): Promise<readonly HealthCheck[] | { readonly exitCode: number }> {
  const query = queryText({ state: "dead", limit: DEAD_DELIVERIES_MAX });
  const [ready, metrics, pipeline, rules, deliveries] = await Promise.all([
    askServer({ url, path: "/readyz?verbose" }, context),
    askServer({ url, path: "/metrics" }, context),
    askServerOrPrint<PipelineView>({ url, path: "/api/v1/pipeline" }, context),
    askServerOrPrint<RulesView>({ url, path: "/api/v1/rules" }, context),
    askServerOrPrint<{ readonly deliveries: readonly DeliveryView[] }>(
      { url, path: `/api/v1/deliveries${query}` },
      context,
    ),
  ]);
  if (pipeline.kind === "failed") return pipeline;
  if (rules.kind === "failed") return rules;
  if (deliveries.kind === "failed") return deliveries;
  if (ready.kind === "unreachable" || metrics.kind === "unreachable") return { exitCode: EXIT_CODES.unreachable };
  return healthChecks({
    ready: { isReady: ready.status === 200, text: ready.body },
    metrics: metrics.body,
    pipeline: pipeline.answer,
    rules: rules.answer,
    deadDeliveries: deliveries.answer.deliveries,
  });
}

function printExamination({ findings, health, services }: Examination, output: Output, context: CommandContext): void {
  const lines = [
    ...(health ?? []).map((check) => ({ kind: "health", ...check })),
    ...services.map((service) => ({ kind: "service", ...service })),
    ...findings.map((finding) => ({ kind: "finding", ...finding })),
  ];
  const texts = () => [
    ...(health === null ? [] : [healthText(health)]),
    ...(services.length > 0 ? [servicesText(services)] : []),
    findingsText({ findings, services }),
  ];
  printAs(output, { whole: { health, services, findings }, lines, text: () => texts().join("\n\n") }, context);
}
