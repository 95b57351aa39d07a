/**
 * `npm run conformance -- --grpc HOST:PORT --http URL`: holds any OTLP receiver to the specification.
 *
 * Ends with 0 when every check passed or did not apply, with 1 when one failed, with 2 when it was
 * called wrongly. docs/conformance.md tells the rest.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import type { CheckResult } from "./check.ts";
import { carryOut } from "./check.ts";
import { ALL_CHECKS } from "./checks.ts";
import type { Report } from "./report.ts";
import { reportJson, reportMarkdown, reportTable } from "./report.ts";
import { startSelf } from "./self.ts";
import type { Target } from "./target.ts";
import { RECOMMENDED_MAX_REQUEST_BYTES } from "./target.ts";

const MEBIBYTE = 1024 * 1024;

const USAGE = `npm run conformance -- (--self | --grpc HOST:PORT --http URL) [options]
  --self                start authspike and look at that
  --grpc HOST:PORT      a receiver's address for gRPC, in plain text
  --http URL            a receiver's address for HTTP, without /v1/traces
  --sink PORT           listen for what the receiver forwards: gRPC on PORT, HTTP on the next
  --bearer-token TOKEN  send this, and check that the receiver asks for it
  --cors-origin ORIGIN  an origin that the receiver is told to allow
  --max-request-bytes N the receiver's limit; by default 67108864
  --saturate MIB        send as much at once, to see the receiver refuse
  --only TEXT           only checks whose id begins so, as in R24
  --name NAME           what to call the receiver in the report
  --compare FILE        Markdown: another column, from a report in JSON; may be repeated
  --output table|json|markdown
`;

const OUTPUTS = ["table", "json", "markdown"];

const values = readArguments();
if (values === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const report = values.self ? await reportOnSelf(values) : await reportOnOther(values);
  process.stdout.write(render(report, values));
  process.exitCode = report.results.some(({ result }) => result.kind === "fail") ? 1 : 0;
}

type Arguments = ReturnType<typeof parseArguments>;

function parseArguments() {
  return parseArgs({
    options: {
      self: { type: "boolean", default: false },
      grpc: { type: "string" },
      http: { type: "string" },
      sink: { type: "string" },
      "bearer-token": { type: "string" },
      "cors-origin": { type: "string" },
      "max-request-bytes": { type: "string", default: String(RECOMMENDED_MAX_REQUEST_BYTES) },
      saturate: { type: "string", default: "0" },
      only: { type: "string", default: "" },
      name: { type: "string" },
      compare: { type: "string", multiple: true, default: [] },
      output: { type: "string", default: "table" },
    },
  }).values;
}

/** null when there is something that nobody can make sense of. */
function readArguments(): Arguments | null {
  try {
    const read = parseArguments();
    const hasTarget = read.self || read.grpc !== undefined || read.http !== undefined;
    const numbers = [read["max-request-bytes"], read.saturate, read.sink ?? "0"];
    const makesSense = hasTarget && OUTPUTS.includes(read.output) && numbers.every((text) => /^\d+$/.test(text));
    return makesSense ? read : null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n`);
    return null;
  }
}

async function reportOnSelf(args: Arguments): Promise<Report> {
  await using self = await startSelf(Number(args.saturate) * MEBIBYTE);
  return { name: args.name ?? "authspike", results: await carryOutAll(self.target, args.only) };
}

async function reportOnOther(args: Arguments): Promise<Report> {
  await using sink = args.sink === undefined ? null : await startSink(Number(args.sink));
  const target = {
    grpc: args.grpc ?? null,
    http: args.http?.replace(/\/$/, "") ?? null,
    bearerToken: args["bearer-token"] ?? null,
    corsOrigin: args["cors-origin"] ?? null,
    maxRequestBytes: Number(args["max-request-bytes"]),
    saturateBytes: Number(args.saturate) * MEBIBYTE,
    sink,
  };
  const results = await carryOutAll(target, args.only);
  return { name: args.name ?? "receiver", results };
}

async function startSink(port: number): Promise<OtlpSink> {
  const sink = new OtlpSink({ grpcPort: port, httpPort: port + 1 });
  await sink.start();
  return sink;
}

async function carryOutAll(target: Target, only: string): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of ALL_CHECKS) {
    if (check.id.startsWith(only)) results.push(await carryOut(check, target));
  }
  return results;
}

function render(report: Report, { compare, output }: Arguments): string {
  if (output === "json") return reportJson(report);
  if (output === "table") return reportTable(report);
  const others = compare.map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
  return reportMarkdown([report, ...others]);
}
