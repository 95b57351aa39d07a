/** Results as a table for people, JSON for programs, or Markdown for the documentation. */
import type { CheckResult, Result } from "./check.ts";

/** What one receiver made of the suite. */
export type Report = { readonly name: string; readonly results: readonly CheckResult[] };

const WORDS: Readonly<Record<Result["kind"], string>> = {
  pass: "pass",
  fail: "FAIL",
  not_applicable: "not applicable",
};

export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function reportTable({ name, results }: Report): string {
  const width = Math.max(...results.map(({ id }) => id.length));
  const lines = results.map(({ id, level, sentence, result }) => {
    const head = `${WORDS[result.kind].padEnd(14)}  ${id.padEnd(width)}  ${level.padEnd(6)}  ${sentence}`;
    const remark = remarkOn(result);
    return remark === "" ? head : `${head}\n${" ".repeat(16)}${remark}`;
  });
  return `${lines.join("\n")}\n\n${name}: ${summary(results)}\n`;
}

export function summary(results: readonly CheckResult[]): string {
  const count = (kind: Result["kind"]) => results.filter(({ result }) => result.kind === kind).length;
  return `${count("pass")} pass, ${count("fail")} fail, ${count("not_applicable")} not applicable`;
}

/** One column for each report; the rows are those of the first. */
export function reportMarkdown(reports: readonly Report[]): string {
  const [first] = reports;
  if (first === undefined) return "";
  const rows = first.results.map(({ id, level, sentence }) => {
    const cells = reports.map(({ results }) => cell(results.find((candidate) => candidate.id === id)?.result));
    return row([id, level, sentence, ...cells]);
  });
  const titles = ["check", "level", "a receiver", ...reports.map(({ name }) => name)];
  return `${[row(titles), row(titles.map(() => "---")), ...rows].join("\n")}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

function cell(result: Result | undefined): string {
  if (result === undefined) return "not run";
  const remark = remarkOn(result);
  return remark === "" ? WORDS[result.kind] : `${WORDS[result.kind]}: ${remark}`;
}

function remarkOn(result: Result): string {
  switch (result.kind) {
    case "pass":
      return "";
    case "fail":
      return result.seen;
    case "not_applicable":
      return result.reason;
  }
}
