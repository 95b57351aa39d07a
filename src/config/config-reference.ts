/** The generated half of the manual of configuration: every setting with its variable and flag, and the codes. */
import { TEXT_CODES } from "../core/text/codes.ts";
import type { JsonValue } from "../core/text/shape.ts";
import { referenceTable } from "../core/text/shape-reference.ts";
import { CONFIG_CODES } from "./codes.ts";
import type { SettingRow } from "./setting-rows.ts";
import { SETTING_ROWS } from "./setting-rows.ts";
import { isSecret } from "./setting-shapes.ts";
import { settingsShape } from "./settings.ts";

export function configReference(): string {
  const sections = Object.entries(settingsShape.fields).map(([name, { help }]) => {
    const rows = SETTING_ROWS.filter(({ path }) => path === name || path.startsWith(`${name}.`));
    return section(`\`${name}\``, [help, settingTable(rows), ...rows.flatMap(itemTable)].join("\n\n"));
  });
  return [...sections, section("Codes", codeTable({ ...TEXT_CODES, ...CONFIG_CODES }))].join("\n\n");
}

function section(title: string, body: string): string {
  return `### ${title}\n\n${body}`;
}

function settingTable(rows: readonly SettingRow[]): string {
  return ["| setting | value | default | what it says |", "|---|---|---|---|", ...rows.map(settingLine)].join("\n");
}

/** The fields of each item, where a setting is a list of maps. */
function itemTable({ path, shape }: SettingRow): readonly string[] {
  return shape.fields === undefined ? [] : [`Each item of \`${path}\`:`, referenceTable(shape.fields)];
}

function settingLine(row: SettingRow): string {
  const { path, shape, help, flag, variable } = row;
  const names = [flag === null ? null : `\`--${flag}\``, variable === null ? null : `\`${variable}\``];
  const given = names.filter((name) => name !== null).join("<br>");
  const secret = isSecret(shape) ? " A secret: shown nowhere." : "";
  const cells = [[`\`${path}\``, given].filter(Boolean).join("<br>"), shape.noun, defaultText(row), help + secret];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultText({ absent, group }: SettingRow): string {
  if (absent.kind === "refused") return group === null ? "**required**" : `**required** in \`${group}\``;
  if (absent.kind === "allowed") return "none";
  return isEmpty(absent.text) ? "empty" : `\`${String(absent.text)}\``;
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function codeTable(codes: Readonly<Record<string, string>>): string {
  const rows = Object.entries(codes).map(([code, meaning]) => {
    return `| ${code} | ${code.startsWith("AC3") ? "warning" : "error"} | ${meaning} |`;
  });
  return ["| code | severity | meaning |", "|---|---|---|", ...rows].join("\n");
}
