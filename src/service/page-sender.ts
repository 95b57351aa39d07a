/**
 * Gives each page to the notifier that speaks its target's language.
 *
 * The target is looked up by the id that was frozen with the page, so a page that waits keeps its
 * address and key through edits of the rules.
 */
import type { Verdict } from "../core/alerts/delivery-policy.ts";
import type { Page } from "../core/alerts/page.ts";
import { thawPage } from "../core/alerts/page.ts";
import type { Sender } from "./delivery.ts";
import type { OutboxRow } from "./outbox.ts";

export type PageTarget = { readonly kind: string; readonly url: string; readonly key: string };

export interface PageNotifier {
  send(
    page: Page,
    target: PageTarget,
    options: { readonly lateByMs: number | null; readonly signal: AbortSignal },
  ): Promise<Verdict>;
}

export function createPageSender(parts: {
  readonly findTarget: (targetId: string) => PageTarget | null;
  /** By the kind of target. */
  readonly notifiers: ReadonlyMap<string, PageNotifier>;
}): Sender {
  return {
    async send(row: OutboxRow, options): Promise<Verdict> {
      const target = parts.findTarget(row.targetId);
      if (target === null) return refused("the target is not known any more");
      const notifier = parts.notifiers.get(target.kind);
      if (notifier === undefined) return refused(`nothing here sends to targets of kind "${target.kind}"`);
      return notifier.send(thawPage(row.body), target, options);
    },
  };
}

function refused(reason: string): Verdict {
  return { kind: "rejected", reason, status: null, bodyExcerpt: "", latencyMs: 0 };
}
