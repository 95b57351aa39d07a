/**
 * What backtests take: each in a process of its own, as a person would start it, start and end included.
 * Memory is the most that the process ever held.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Random } from "../support/random.ts";
import type { Row, Table } from "./bench.ts";

export const name = "backtest";
export const description = "lines per CPU-second and memory of backtests on recorded requests";
export const pace = "long";

const LINES = 1_000_000;
const LINES_PER_WRITE = 20_000;
const START = Date.UTC(2026, 0, 5);
const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const RULES = fileURLToPath(new URL("../../rules", import.meta.url));
/** Run in the process itself, as it ends; by then the resource usage of Linux also holds the memory of its parent. */
const TELL_USAGE = `data:text/javascript,import{readFileSync}from"node:fs";process.on("exit",()=>{
  const peak=/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status","utf8"))[1];
  process.stderr.write(JSON.stringify({...process.cpuUsage(),peakKibibytes:Number(peak)}))
})`.replaceAll("\n", "");

type Usage = { readonly user: number; readonly system: number; readonly peakKibibytes: number };

type RecordedLine = {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly client: string;
};

export function* run(): Generator<Table> {
  const directory = mkdtempSync(join(tmpdir(), "authspike-bench-"));
  try {
    const requests = record(join(directory, "requests.jsonl"), asRequest);
    const accessLog = record(join(directory, "access.log"), asLogLine);
    const packed = join(directory, "requests.jsonl.gz");
    writeFileSync(packed, gzipSync(readFileSync(requests)));
    yield {
      title: `${LINES.toLocaleString("en-US")} lines, the shipped rules`,
      columns: ["lines/CPU-s", "µs a line", "MB at most"],
      rows: [played("requests", requests), played("requests, gzip", packed), played("access log", accessLog)],
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Some sixteen a second over fifty paths and a login; users, agents and versions are named. */
function record(file: string, toText: (line: RecordedLine) => string): string {
  const random = new Random(1);
  let at = START;
  for (let written = 0; written < LINES; written += LINES_PER_WRITE) {
    const lines = Array.from({ length: LINES_PER_WRITE }, () => {
      at += random.integer(120);
      return toText(lineAt(at, random));
    });
    appendFileSync(file, `${lines.join("\n")}\n`);
  }
  return file;
}

function lineAt(at: number, random: Random): RecordedLine {
  const client = `203.0.${random.integer(200)}.${random.integer(250)}`;
  if (random.chance(0.2))
    return { at, method: "POST", path: "/login", status: random.chance(0.06) ? 401 : 200, client };
  const path = `/api/items-${random.integer(50)}`;
  return { at, method: "GET", path, status: random.chance(0.01) ? 401 : 200, client };
}

function asRequest({ at, method, path, status, client }: RecordedLine): string {
  const names = {
    service: "auth",
    env: "prod",
    client,
    user: `user-${at % 9973}`,
    user_agent: BROWSER,
    version: "1.2.3",
  };
  return JSON.stringify({ time: at, method, route: path, status, ...names });
}

function asLogLine({ at, method, path, status, client }: RecordedLine): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/.exec(new Date(at).toUTCString()) ?? [];
  const moment = `${day}/${month}/${year}:${time} +0000`;
  return `${client} - - [${moment}] "${method} ${path} HTTP/1.1" ${status} 512 "https://example.com/start" "${BROWSER}"`;
}

function played(label: string, file: string): Row {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", TELL_USAGE, MAIN, "backtest", "--rules", RULES, "--strict", file],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the backtest ended with ${status}: ${stderr}`);
  const { peakKibibytes, system, user } = JSON.parse(stderr) as Usage;
  const microseconds = user + system;
  return { name: label, figures: [(LINES * 1e6) / microseconds, microseconds / LINES, peakKibibytes / 1024] };
}
