/**
 * Diagnostics for programs: JSON, annotations of GitHub Actions, and SARIF for code scanning.
 *
 * The text for people is made where the source is at hand, in `core/rules/diagnostic-text.ts`.
 */
import type { Diagnostic } from "../core/diagnostic.ts";

/** Workflow commands that GitHub shows beside the changed lines of a pull request. */
export function githubAnnotations(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(githubAnnotation).join("\n");
}

/** `descriptions` documents each code once, as SARIF wants it. */
export function sarifLog(diagnostics: readonly Diagnostic[], descriptions: Readonly<Record<string, string>>): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const rules = codes.map((id) => ({ id, shortDescription: { text: descriptions[id] ?? id } }));
  const run = {
    tool: { driver: { name: "authspike", rules } },
    columnKind: "utf16CodeUnits",
    results: diagnostics.map(sarifResult),
  };
  return JSON.stringify({ $schema: SARIF_SCHEMA, version: "2.1.0", runs: [run] }, null, 2);
}

const SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

function githubAnnotation({ severity, file, line, column, length, code, message }: Diagnostic): string {
  const place = { file, line, endLine: line, col: column, endColumn: column + length, title: code };
  const properties = Object.entries(place).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${severity} ${properties.join(",")}::${escapeMessage(message)}`;
}

function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function sarifResult({ severity, file, line, column, length, code, message }: Diagnostic) {
  const region = { startLine: line, startColumn: column, endColumn: column + length };
  return {
    ruleId: code,
    level: severity,
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(file) }, region } }],
  };
}
