/**
 * Reference tables in Markdown out of the shapes that read the files, so that the manual cannot say
 * anything else than the reader does.
 */
import type { Field, Fields, JsonValue } from "./shape.ts";

/** One table of all fields, nested ones by their path: `when.ratio`. */
export function referenceTable(fields: Fields): string {
  const rows = tableRows(fields, "");
  return ["| field | value | left out | what it says |", "|---|---|---|---|", ...rows].join("\n");
}

function tableRows(fields: Fields, prefix: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const cells = [`\`${path}\``, field.shape.noun, absenceText(field), field.help].map(escapeCell);
    const nested = field.shape.fields === undefined ? [] : tableRows(field.shape.fields, `${path}.`);
    return [`| ${cells.join(" | ")} |`, ...nested];
  });
}

function absenceText({ absent }: Field<unknown>): string {
  if (absent.kind === "refused") return "**required**";
  if (absent.kind === "allowed") return "nothing";
  return isEmpty(absent.text) ? "empty" : `\`${valueText(absent.text)}\``;
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function valueText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
