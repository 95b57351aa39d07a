import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "../../src/core/alerts/page.ts";
import type { OutboxRow } from "../../src/service/outbox.ts";
import type { PageTarget } from "../../src/service/page-sender.ts";
import { createPageSender } from "../../src/service/page-sender.ts";
import { DELIVERED } from "../support/delivery-world.ts";
import { page } from "../support/pages.ts";

const OPTIONS = { lateByMs: null, signal: new AbortController().signal };
const TARGET: PageTarget = { kind: "pagerduty", url: "https://events.pagerduty.com", key: "k" };

function row(targetId: string): OutboxRow {
  const fixed = { id: 1, alertId: "a", action: "trigger", createdAt: 0, attempts: 0, nextAttemptAt: 0 } as const;
  return { ...fixed, targetId, dedupKey: page().dedupKey, body: JSON.stringify(page()), state: "pending" };
}

function sender(target: PageTarget | null) {
  const sent: { page: Page; target: PageTarget }[] = [];
  const notifier = {
    send: async (page: Page, target: PageTarget) => {
      sent.push({ page, target });
      return DELIVERED;
    },
  };
  const findTarget = (id: string) => (id === "t1" ? target : null);
  return { sent, sender: createPageSender({ findTarget, notifiers: new Map([["pagerduty", notifier]]) }) };
}

test("a page goes to the notifier of its target's kind, with the frozen address", async () => {
  const { sent, sender: pages } = sender(TARGET);
  assert.equal((await pages.send(row("t1"), OPTIONS)).kind, "delivered");
  assert.deepEqual(sent, [{ page: page(), target: TARGET }]);
});

test("a page whose target or kind nobody knows is refused with the reason", async () => {
  const unknownTarget = await sender(TARGET).sender.send(row("t2"), OPTIONS);
  assert.equal(unknownTarget.kind === "rejected" && unknownTarget.reason, "the target is not known any more");
  const unknownKind = await sender({ ...TARGET, kind: "pigeon" }).sender.send(row("t1"), OPTIONS);
  assert.match(unknownKind.kind === "rejected" ? unknownKind.reason : "", /pigeon/);
});
