/** What the demo says before and after the story. */
import { percent } from "../../core/alerts/words.ts";
import { SECOND_MS } from "../../core/time.ts";
import { counted } from "../counted.ts";
import type { Claim, DemoAccount } from "./account.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

export function printBanner(
  screen: Screen,
  { directory, history, service, sink, twin }: Stage,
  afterwards: "keep" | "remove",
): void {
  const { api, grpc, http } = service.addresses;
  const name = (text: string) => screen.styled("strong", text.padEnd(11));
  screen.print(
    "",
    `  ${screen.styled("strong", "authspike demo")}: an attack on a login, the page, and the way back. Nothing leaves this machine.`,
    "",
    `  ${name("OTLP")}grpc ${grpc}, http ${http}`,
    `  ${name("API")}http://${api}/api/v1/endpoints`,
    `  ${name("PagerDuty")}${twin.url} (a stand-in that holds senders to the Events API v2)`,
    `  ${name("backend")}${sink.grpcUrl} (a stand-in that counts what is forwarded)`,
    `  ${name("files")}${directory}${afterwards === "keep" ? "" : " (removed at the end; --keep keeps it)"}`,
    "",
    screen.styled("faint", "  Ctrl-C stops everything."),
    "",
  );
  screen.tell(
    `History seeded: ${history.minutes} minutes of usual traffic, ${counted(history.requests, "request")}, went`,
    `through the engine in virtual time. ${counted(history.endpoints, "endpoint")} have their baselines now.`,
  );
}

export type Ending = {
  readonly account: DemoAccount;
  readonly claims: readonly Claim[];
  readonly directory: string;
};

export function printSummary(
  screen: Screen,
  { account, claims, directory }: Ending,
  afterwards: "keep" | "remove",
): void {
  const { delivery_ms: deliveryMs, pages, spans } = account;
  const number = (count: number) => count.toLocaleString("en-US");
  const name = (text: string) => screen.styled("strong", text.padEnd(11));
  const broken = claims.filter(({ holds }) => !holds);
  screen.print(
    "",
    `  ${name("detection")}${headline(account)}`,
    `  ${name("delivery")}${deliveryMs} ms from the decision to PagerDuty's answer`,
    `  ${name("pages")}${counted(pages.triggers, "trigger")}, ${counted(pages.resolves, "resolve")}, ${counted(pages.dedup_keys.length, "dedup key")}`,
    `  ${name("spans")}${number(spans.sent)} sent = ${number(spans.received)} received = ${number(spans.forwarded)} forwarded + ${number(spans.dropped)} dropped`,
    `  ${name("rules")}one bad edit refused, one good edit in force, no restart`,
    `  ${name("took")}${(screen.elapsedMs / SECOND_MS).toFixed(0)} s`,
    "",
    ...broken.map(({ claim }) => `  ${screen.styled("bad", "did not hold:")} ${claim}`),
    ...(broken.length > 0 ? [""] : []),
    `  ${screen.styled("strong", "What next")}`,
    `    npm start                            starts it on localhost:4317 and 4318`,
    `    export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317`,
    `                                         points an OpenTelemetry SDK at it`,
    `    npm run authspike -- backtest FILE   what your access log or recorded spans would have paged`,
    "",
  );
  if (afterwards === "keep") screen.print(`  Kept: authspike run -c ${directory}/authspike.yaml`, "");
}

function headline({ alert, detection_ms: detectionMs }: DemoAccount): string {
  const rates = `${percent(alert.peak_rate)} against a usual ${percent(alert.usual)}`;
  return `${(detectionMs / SECOND_MS).toFixed(1)} s from the attack to the page; ${rates}`;
}
