/** The account that a service gives of its spans, checked whenever it is read. */
import assert from "node:assert/strict";
import type { RunningService, SignalAccount } from "../../support/running-service.ts";

/** Longer than the longest rest between two tries to reach a destination. */
const EMPTY_TIMEOUT_MS = 150_000;

/** For each exporter, accepted + resumed = sent + queued + dropped. */
export async function checkedBooks(service: RunningService): Promise<SignalAccount> {
  const account = await service.accountOf("traces");
  for (const { name, dropped, queued, resumed, sent } of account.exporters) {
    assert.equal(account.accepted + resumed, sent + queued + dropped, `the books of ${name}`);
  }
  return account;
}

/** The books, once nothing waits any more. */
export async function booksWhenEmpty(service: RunningService): Promise<SignalAccount> {
  await service.until(
    () => checkedBooks(service),
    ({ exporters }) => exporters.every(({ queued }) => queued === 0),
    EMPTY_TIMEOUT_MS,
  );
  return checkedBooks(service);
}
