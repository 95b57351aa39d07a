/** The JSON schema of configuration files, for editors. Draft 7, which their YAML servers understand best. */
import type { JsonSchema } from "../core/text/shape.ts";
import { settingsShape } from "./settings.ts";

export function configSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "authspike configuration",
    ...settingsShape.schema,
  };
}
