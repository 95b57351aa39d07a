import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { LiveTable } from "../../../src/cli/demo/live-table.ts";
import { Screen } from "../../../src/cli/demo/screen.ts";
import { TimeLapseClock } from "../../../src/cli/demo/time-lapse-clock.ts";
import { wrapText } from "../../../src/cli/demo/wrap-text.ts";
import type { EndpointRow } from "../../../src/web/endpoint-page.ts";

function screenOf(kind: "terminal" | "plain" | "none", columns = 80) {
  const output = Object.assign(new PassThrough(), { columns });
  const screen = new Screen(output, { kind, color: "plain" });
  return { screen, written: () => String(output.read() ?? "") };
}

const row = (name: string, rate: number, alertState: EndpointRow["alertState"] = null): EndpointRow => ({
  rule: "http-401",
  endpoint: { environment: "", namespace: "", service: "auth", method: "", route: "", protocol: "http", name },
  requestsPerSecond: 10,
  rate,
  usual: 0.02,
  usualUpper: 0.05,
  deviation: 0,
  evidence: 0,
  threshold: 10,
  isWarm: true,
  alertState,
  alertId: null,
});

test("on a terminal the live block is drawn in place, below what is told", () => {
  const { screen, written } = screenOf("terminal");
  screen.live(["a", "b"]);
  written();
  screen.print("told");
  assert.equal(written(), "\u001b[2A\r\u001b[Jtold\na\nb\n");
  screen.live([]);
  assert.equal(written(), "\u001b[2A\r\u001b[J");
  screen[Symbol.dispose]();
  assert.equal(written(), "\u001b[?25h");
});

test("a live line is cut to the width: wrapped, it could not be found again", () => {
  const { screen, written } = screenOf("terminal", 10);
  written();
  screen.live(["123456789012345"]);
  assert.equal(written(), "1234567890\n");
});

test("off a terminal only the story is printed, and a program sees nothing", () => {
  const plain = screenOf("plain");
  plain.screen.live(["block"]);
  plain.screen.tell("first", "second");
  assert.match(plain.written(), /^ 0:0\d\.\d {2}first\n {9}second\n$/);
  const none = screenOf("none");
  none.screen.tell("first");
  assert.equal(none.written(), "");
});

test("the table fits a narrow terminal and tells what is unusual", () => {
  const { screen } = screenOf("terminal");
  const table = new LiveTable(screen);
  table.take([row("POST /login", 0.4, "firing"), row("GET /a", 0.06), { ...row("GET /a", 0.5), rule: "http-403" }]);
  const [, , ...rows] = table.lines();
  assert.match(rows[0] ?? "", /^ {2}GET \/a +auth +6% +2% \(5%\) +▅ +above$/);
  assert.match(rows[1] ?? "", /^ {2}POST \/login +auth +40% +2% \(5%\) +█ +FIRING$/);
  assert.ok(table.lines().every((line) => line.length <= 80));
});

test("the clock of the time-lapse runs faster, without a jump where its speed changes", () => {
  let now = { steady: 1000, wall: 5000 };
  const clock = new TimeLapseClock({ now: () => now });
  clock.runAt(8);
  assert.deepEqual(clock.now(), { steady: 1000, wall: 5000 });
  // The machine's wall clock is set back meanwhile.
  now = { steady: 1100, wall: 0 };
  assert.deepEqual(clock.now(), { steady: 1800, wall: 5800 });
  clock.runAt(1);
  now = { steady: 1150, wall: 50 };
  assert.deepEqual(clock.now(), { steady: 1850, wall: 5850 });
});

test("text is broken between words and keeps its own breaks", () => {
  assert.deepEqual(wrapText("one two three\n\nextraordinary", 8), ["one two", "three", "", "extraordinary"]);
});
