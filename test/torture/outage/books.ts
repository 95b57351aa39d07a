/** The account that a service gives of its spans, checked whenever it is read. */
import assert from "node:assert/strict";
import type { RunningService, SignalAccount } from "../../support/running-service.ts";

/** Longer than the longest rest between two tries to reach a destination. */
const EMPTY_TIMEOUT_MS = 150_000;

/** What waited for each exporter when the process began; nothing in a new installation. */
export type TakenOver = Readonly<Record<string, number>>;

/** To be read before anything can be delivered or comes in. */
export async function takenOverBy(service: RunningService): Promise<TakenOver> {
  const { exporters } = await service.accountOf("traces");
  return Object.fromEntries(exporters.map(({ name, dropped, queued, sent }) => [name, sent + queued + dropped]));
}

/** For each exporter, what came in and what was taken over = sent + queued + dropped. */
export async function checkedBooks(service: RunningService, takenOver: TakenOver = {}): Promise<SignalAccount> {
  const account = await service.accountOf("traces");
  for (const { name, dropped, queued, sent } of account.exporters) {
    assert.equal(sent + queued + dropped, account.accepted + (takenOver[name] ?? 0), `the books of ${name}`);
  }
  return account;
}

/** The books, once nothing waits any more. */
export async function booksWhenEmpty(service: RunningService, takenOver: TakenOver = {}): Promise<SignalAccount> {
  await service.until(
    () => service.accountOf("traces"),
    ({ exporters }) => exporters.every(({ queued }) => queued === 0),
    EMPTY_TIMEOUT_MS,
  );
  return checkedBooks(service, takenOver);
}
