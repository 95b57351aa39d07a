/** The generated half of the manual of rule files: every field, template variable, filter and code. */
import { TEXT_CODES } from "../text/codes.ts";
import type { Fields } from "../text/shape.ts";
import { referenceTable } from "../text/shape-reference.ts";
import { ruleFileShape } from "./bundle-shapes.ts";
import { RULE_CODES } from "./codes.ts";
import { TEMPLATE_FILTERS, TEMPLATE_VARIABLES } from "./template.ts";

export function ruleReference(): string {
  return [
    ...fieldSections(),
    section("Template variables", helpTable("variable", TEMPLATE_VARIABLES)),
    section("Template filters", helpTable("filter", TEMPLATE_FILTERS)),
    section("Codes", codeTable({ ...TEXT_CODES, ...RULE_CODES })),
  ].join("\n\n");
}

function fieldSections(): readonly string[] {
  const sections = Object.entries(ruleFileShape.fields).flatMap(([name, { shape, help }]) => {
    const fields: Fields | undefined = shape.fields;
    return fields === undefined ? [] : [section(`Fields of \`${name}\``, `${help}\n\n${referenceTable(fields)}`)];
  });
  return sections;
}

function section(title: string, body: string): string {
  return `### ${title}\n\n${body}`;
}

function helpTable(head: string, entries: Readonly<Record<string, { readonly help: string }>>): string {
  const rows = Object.entries(entries).map(([name, { help }]) => `| \`${name}\` | ${help} |`);
  return [`| ${head} | what it writes |`, "|---|---|", ...rows].join("\n");
}

function codeTable(codes: Readonly<Record<string, string>>): string {
  const rows = Object.entries(codes).map(([code, meaning]) => `| ${code} | ${severityOfCode(code)} | ${meaning} |`);
  return ["| code | severity | meaning |", "|---|---|---|", ...rows].join("\n");
}

function severityOfCode(code: string): string {
  return code.startsWith("AS3") ? "warning" : "error";
}
