/** One text as the redactor would leave it. */
import { AnchorSearch, NO_ANCHOR } from "../../../../src/core/extraction/redaction/anchor-search.ts";
import type { RedactionRules } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import { DEFAULT_RULES, SecretFinder } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";

export function redactText(text: string, rules: RedactionRules = DEFAULT_RULES): string {
  const finder = new SecretFinder(rules);
  const bytes = Buffer.from(text, "utf8");
  const found = finder.inText(bytes.toString("latin1"), anchorsIn(bytes, new AnchorSearch(finder.anchors)));
  let end = 0;
  const parts: Buffer[] = [];
  for (const secret of found) {
    parts.push(bytes.subarray(end, secret.start), Buffer.from(secret.marker));
    end = secret.end;
  }
  return Buffer.concat([...parts, bytes.subarray(end)]).toString("utf8");
}

function* anchorsIn(bytes: Uint8Array, search: AnchorSearch): Iterable<number> {
  search.load(bytes);
  for (let place = search.next(0); place !== NO_ANCHOR; place = search.next(place + 1)) yield place;
}
