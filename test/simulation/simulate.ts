/**
 * `npm run simulate -- [--seed N] [--hours N] [--worlds N] [--bounded]`
 *
 * Plays worlds that go wrong, each drawn from its seed, which is printed first and replays it. Without
 * a seed, known ones (`seeds.txt`, each of which once found something) come first and fresh ones follow.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runWorld } from "./run-world.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    hours: { type: "string", default: "3" },
    worlds: { type: "string", default: "20" },
    bounded: { type: "boolean", default: false },
  },
});

const hours = Number(values.hours);
const seeds = values.seed === undefined ? [...knownSeeds(), ...freshSeeds()] : [Number(values.seed)];
let breachCount = 0;
for (const seed of seeds) {
  process.stdout.write(`world ${seed}: `);
  const report = await runWorld({ seed, hours, mood: "faults" });
  const { bursts, episodes, events, incidents, restarts } = report;
  process.stdout.write(
    `${bursts} bursts, ${episodes.length} episodes, ${incidents} incidents, ${events} events, ${restarts} restarts\n`,
  );
  if (report.breaches.length === 0) continue;
  breachCount += 1;
  process.stdout.write(`${report.story.map((line) => `  ${line}`).join("\n")}\n`);
  process.stdout.write(`${report.breaches.map((line) => `  BROKEN: ${line}`).join("\n")}\n`);
  process.stdout.write(`  replay: npm run simulate -- --seed ${seed} --hours ${hours}\n`);
}
process.stdout.write(`${seeds.length - breachCount} passed, ${breachCount} failed\n`);
process.exitCode = breachCount === 0 ? 0 : 1;

function knownSeeds(): readonly number[] {
  const lines = readFileSync(new URL("./seeds.txt", import.meta.url), "utf8").split("\n");
  return lines.filter((line) => /^\d/.test(line)).map((line) => Number.parseInt(line, 10));
}

/** In CI a few, so that every run looks at worlds nobody has seen and still ends in minutes. */
function freshSeeds(): readonly number[] {
  const count = values.bounded ? 6 : Number(values.worlds);
  return Array.from({ length: count }, () => Math.floor(Math.random() * 1_000_000_000));
}
