/**
 * `npm run outage -- [--spans N] [--only WORDS]`
 *
 * Backends that are away and come back wrong, kills, and full disks, against the whole program: what
 * was acknowledged arrives, or is counted as dropped. Ends with status 1 at the first thing that does not hold.
 */
import { parseArgs } from "node:util";
import { backendsDown } from "./outage/backends-down.ts";
import { diskFullByOthers, diskFullByOurselves } from "./outage/full-disk.ts";

const { values } = parseArgs({
  options: { spans: { type: "string", default: "200000" }, only: { type: "string", default: "" } },
});

const acts = [
  { name: "backends away", play: (tell: Tell) => backendsDown(Number(values.spans), tell) },
  { name: "disk filled by others", play: diskFullByOthers },
  { name: "disk smaller than the queue", play: diskFullByOurselves },
];

type Tell = (line: string) => void;

for (const { name, play } of acts.filter((act) => act.name.includes(values.only))) {
  const startedAt = performance.now();
  console.log(name);
  const outcome = await play((line) => console.log(`  ${line}`));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(outcome === "skipped" ? "  skipped: needs the right to mount a file system" : `  held, in ${seconds} s`);
}
