/**
 * The settings as a flat list: what a variable, a flag or a row of the reference page stands for.
 */
import type { Absence, Field, Fields, Shape } from "../core/text/shape.ts";
import { isSecret } from "./setting-shapes.ts";
import { settingsShape } from "./settings.ts";

export type SettingRow = {
  /** `receivers.grpc.endpoint`; `exporters.<name>.protocol` where people choose the name. */
  readonly path: string;
  readonly shape: Shape<unknown>;
  readonly help: string;
  readonly absent: Absence<unknown>;
  readonly form: "scalar" | "list" | "map";
  /** The group without which it means nothing, such as `receivers.grpc.tls`; null when it always counts. */
  readonly group: string | null;
  /** null for settings under a name that people choose, and for lists of maps. */
  readonly variable: string | null;
  /** Without its dashes; null where there is no variable, and for secrets, since everyone sees arguments. */
  readonly flag: string | null;
};

const VARIABLE_PREFIX = "AUTHSPIKE_";
/** Stands in a path for a name that people choose. */
export const CHOSEN_NAME = "<name>";

export const SETTING_ROWS: readonly SettingRow[] = rowsOf(settingsShape.fields, { steps: [], group: null });

function rowsOf(fields: Fields, parent: Parent): readonly SettingRow[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const steps = [...parent.steps, name];
    const { shape, absent } = field;
    if (shape.fields === undefined || isList(shape)) return settingRow(field, { ...parent, steps });
    const group = absent.kind === "allowed" ? steps.join(".") : parent.group;
    return rowsOf(shape.fields, { steps: isRecord(shape) ? [...steps, CHOSEN_NAME] : steps, group });
  });
}

type Parent = { readonly steps: readonly string[]; readonly group: string | null };

function settingRow({ shape, help, absent }: Field<unknown>, { steps, group }: Parent): SettingRow {
  // What has fields of its own does not fit into one word.
  const isFixed = !steps.includes(CHOSEN_NAME) && shape.fields === undefined;
  return {
    path: steps.join("."),
    shape,
    help,
    absent,
    form: formOf(shape),
    group,
    variable: isFixed ? VARIABLE_PREFIX + steps.join("_").toUpperCase() : null,
    flag: isFixed && !isSecret(shape) ? steps.join("-").replaceAll("_", "-") : null,
  };
}

/** A map whose keys people choose, as against one with fields of ours. */
function isRecord(shape: Shape<unknown>): boolean {
  return shape.schema["type"] === "object" && shape.schema["additionalProperties"] !== false;
}

function isList(shape: Shape<unknown>): boolean {
  return shape.schema["type"] === "array";
}

function formOf(shape: Shape<unknown>): SettingRow["form"] {
  if (isList(shape)) return "list";
  return shape.schema["type"] === "object" ? "map" : "scalar";
}
