/**
 * `npm run fuzz -- [--seed N] [--messages N] [--from N]`
 *
 * Spoilt OTLP requests and answers by the hundred thousand, straight into what reads them: nothing
 * may throw, hang, grow without bound or count what it refuses, and what is taken can be read
 * downstream. The seed is printed first and replays the run; a failing input is kept in the corpus.
 */
import { parseArgs } from "node:util";
import { keepInCorpus } from "./fuzz/corpus.ts";
import type { FuzzFailure, FuzzReport } from "./fuzz/run-fuzz.ts";
import { runFuzz } from "./fuzz/run-fuzz.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000_000)) },
    messages: { type: "string", default: "200000" },
    from: { type: "string", default: "0" },
  },
});

const seed = Number(values.seed);
console.log(`seed ${seed}`);
const startedAt = performance.now();
const report = await runFuzz({ seed, first: Number(values.from), messageCount: Number(values.messages) });
console.log(summary(report, (performance.now() - startedAt) / 1000));
if (report.failure !== null) tell(report.failure);
process.exitCode = report.failure === null ? 0 : 1;

function summary(
  { byteCount, laxCount, messageCount, residentMaxBytes, slowestMs, takenCount }: FuzzReport,
  seconds: number,
): string {
  const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
  return [
    `${messageCount} messages, ${mebibytes(byteCount)}, in ${seconds.toFixed(0)} s`,
    `${takenCount} requests were taken, ${laxCount} of them beyond what protobufjs reads`,
    `slowest message ${slowestMs.toFixed(0)} ms, memory at most ${mebibytes(residentMaxBytes)}`,
  ].join("\n");
}

function tell({ bytes, error, number, target }: FuzzFailure): void {
  const kept = keepInCorpus({ target, bytes }, `seed-${seed}-message-${number}`);
  console.error(`message ${number} (${target}, ${bytes.length} bytes) FAILED:`, error);
  console.error(`kept as ${kept}`);
  console.error(`replay: npm run fuzz -- --seed ${seed} --from ${number} --messages 1`);
  console.error(`or, with all that came before it: npm run fuzz -- --seed ${seed} --messages ${number + 1}`);
}
