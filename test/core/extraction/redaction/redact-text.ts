/** One text as the redactor would leave it. */
import { AnchorSearch } from "../../../../src/core/extraction/redaction/anchor-search.ts";
import type { RedactionRules } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import { DEFAULT_RULES, SecretFinder } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";

export function redactText(text: string, rules: RedactionRules = DEFAULT_RULES): string {
  const finder = new SecretFinder(rules);
  const search = new AnchorSearch(finder.anchors);
  const bytes = Buffer.from(text, "utf8");
  search.load(bytes);
  const found = finder.inText(bytes.toString("latin1"), (from) => search.next(from));
  let end = 0;
  const parts: Buffer[] = [];
  for (const secret of found) {
    parts.push(bytes.subarray(end, secret.start), Buffer.from(secret.marker));
    end = secret.end;
  }
  return Buffer.concat([...parts, bytes.subarray(end)]).toString("utf8");
}
