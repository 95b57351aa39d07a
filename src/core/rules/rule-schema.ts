/** The JSON schema of a rule file, for editors, out of the same shapes that read it. */
import type { JsonSchema } from "../text/shape.ts";
import { ruleFileShape } from "./bundle-shapes.ts";

/** Draft 7, because it is what editors' YAML servers understand best. */
export function ruleFileSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "authspike rules",
    description: "Rules, notifiers, routes and mutes. All files of a directory are one bundle.",
    ...ruleFileShape.schema,
  };
}
