/**
 * The backends are away, come back in all the wrong ways, and authspike is killed twice meanwhile:
 * every span that was acknowledged arrives.
 */
import assert from "node:assert/strict";
import type { SinkFault } from "../../../src/io/stand-ins/otlp-sink-exchange.ts";
import { EXPORTER_NAMES } from "../../support/backends.ts";
import { Installation } from "../../support/installation.ts";
import type { RunningService } from "../../support/running-service.ts";
import { memoryOf } from "../process-memory.ts";
import { booksWhenEmpty, checkedBooks } from "./books.ts";
import { CountingBackends } from "./counting-backend.ts";
import { NumberedSender } from "./numbered-sender.ts";
import { SPANS_PER_BATCH } from "./numbered-spans.ts";

/** Too many to be sent before the kill. */
const FAULTS: readonly (readonly [fault: SinkFault, times: number])[] = [
  [{ kind: "hang" }, 4],
  [{ kind: "reset" }, 3],
  [{ kind: "unavailable" }, 3],
  [{ kind: "throttled", retryAfterMs: 300 }, 2],
  [{ kind: "partial", rejected: 7, message: "seven are not to our liking" }, 1],
  [{ kind: "reset-after-accepting" }, 2],
];
const KILLED = { refusedMax: 1 };
const NEVER_REFUSED = { refusedMax: Number.POSITIVE_INFINITY };

export async function backendsDown(spanCount: number, tell: (line: string) => void): Promise<void> {
  await using backends = await CountingBackends.absent({ timeout: "3s" });
  await using installation = new Installation({ exporters: backends.exporters });
  const sender = new NumberedSender();
  const hasSent = (share: number) => () => sender.acknowledgedBatchCount * SPANS_PER_BATCH >= share * spanCount;

  const first = await installation.start();
  const sending = sender.send(first, { isEnough: () => false, ...KILLED });
  await first.until(async () => hasSent(0.4)(), Boolean, 60_000);
  await checkedBooks(first);
  await first.kill();
  await sending;
  tell(`killed with ${sender.acknowledged.distinctCount} spans acknowledged and the backends away`);

  const second = await installation.start();
  for (const { resumed } of (await checkedBooks(second)).exporters)
    assert.ok(resumed >= sender.acknowledged.distinctCount);
  await sender.send(second, { isEnough: hasSent(1), ...NEVER_REFUSED });
  tell(`${sender.acknowledged.distinctCount} spans are in flight, ${memoryOf(second.pid).peakMib} MiB at most`);
  await backends.start(FAULTS);
  await second.until(
    () => checkedBooks(second),
    ({ exporters }) => exporters.every(({ sent }) => sent > 0),
    60_000,
  );
  await second.kill();
  tell(`killed while the backends were at fault; ${arrivals(backends)}`);

  await backends.stop();
  const third = await installation.start();
  await backends.start();
  const account = await booksWhenEmpty(third);
  assertArrived(sender, backends);
  tell(`all there; ${arrivals(backends)}; last run: ${sums(account.exporters)}`);
  await assertEndsWell(third);
}

function assertArrived(sender: NumberedSender, { arrived }: CountingBackends): void {
  for (const name of EXPORTER_NAMES) {
    assert.equal(sender.acknowledged.missingFrom(arrived[name]), 0, `acknowledged spans are missing ${name}`);
  }
}

async function assertEndsWell(service: RunningService): Promise<void> {
  await service.stop();
  const faults = service.log.filter(({ level }) => level === "error" || level === "fatal");
  assert.deepEqual(faults, []);
}

function arrivals({ arrived }: CountingBackends): string {
  const texts = EXPORTER_NAMES.map((name) => {
    const { distinctCount, repeatedCount } = arrived[name];
    return `${distinctCount} arrived ${name}, ${repeatedCount} of them twice`;
  });
  return texts.join("; ");
}

function sums(
  exporters: readonly { readonly name: string; readonly sent: number; readonly dropped: number }[],
): string {
  return exporters.map(({ name, dropped, sent }) => `${name} sent ${sent}, dropped ${dropped}`).join("; ");
}
