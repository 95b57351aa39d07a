/**
 * One log record as a person at a terminal reads it:
 * `12:03:04 WARN  outbox: delivery failed, will retry  attempt=2 retryInMs=4000`
 *
 * It starts from the JSON line and not from the record, so that what a terminal shows has passed the
 * same redaction as what a file gets. Colours follow the stream, NO_COLOR and FORCE_COLOR.
 */
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

const levelStyles: Readonly<Record<string, Style>> = {
  fatal: "red",
  error: "red",
  warn: "yellow",
  info: "green",
  debug: "blue",
  trace: "gray",
};

export function prettyLine(jsonLine: string, stream: NodeJS.WritableStream): string {
  const { level, time, part, msg, err, ...fields } = JSON.parse(jsonLine) as Readonly<Record<string, unknown>>;
  const paint = (style: Style, text: string) => styleText(style, text, { stream, validateStream: true });
  const levelName = String(level);
  const head = [
    paint("gray", timeOfDay(time)),
    paint(levelStyles[levelName] ?? "white", levelName.toUpperCase().padEnd(5)),
    part === undefined ? String(msg ?? "") : `${paint("bold", String(part))}: ${String(msg ?? "")}`,
  ].join(" ");
  const tail = Object.entries(fields).map(([name, value]) => ` ${paint("gray", `${name}=`)}${fieldText(value)}`);
  return `${head}${tail.length > 0 ? " " : ""}${tail.join("")}\n${errorText(err)}`;
}

/** On this machine's clock face: a person at a terminal compares it with the wall. */
function timeOfDay(time: unknown): string {
  const date = new Date(String(time));
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

function fieldText(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}

function errorText(err: unknown): string {
  if (typeof err !== "object" || err === null) return "";
  const { stack, message } = err as { readonly stack?: unknown; readonly message?: unknown };
  return `${indent(String(stack ?? message ?? JSON.stringify(err)))}\n`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
