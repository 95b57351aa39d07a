/** The JSON schema of configuration files, for editors and other checkers. */
import type { JsonSchema } from "../core/text/shape.ts";
import { settingsShape } from "./settings.ts";

export function configSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "authspike configuration",
    ...settingsShape.schema,
  };
}
