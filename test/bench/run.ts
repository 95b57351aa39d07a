/**
 * `npm run bench [-- [--full] NAME…]`: runs the named benches, or all quick ones.
 *
 * Each bench gets a process of its own: the heap and the compiled code of one would change the figures
 * of the next. Node itself strips the types there, as it does for the service; a loader would not
 * compile the code in the same way.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benches } from "./benches.ts";
import { loadLine, machineLines } from "./machine.ts";

const CHILD = fileURLToPath(new URL("./run-one.ts", import.meta.url));

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const known = await benches();
  const extent = words.includes("--full") ? "full" : "short";
  const names = words.filter((word) => word !== "--full");
  const unknown = names.filter((name) => !known.some((bench) => bench.name === name));
  if (unknown.length > 0 || names.includes("--help")) {
    console.log(known.map(({ name, description, pace }) => `${name.padEnd(14)} ${description} (${pace})`).join("\n"));
    return names.includes("--help") ? 0 : 2;
  }
  const chosen = known.filter(({ name, pace }) => (names.length === 0 ? pace === "quick" : names.includes(name)));
  for (const line of machineLines()) console.log(line);
  let exitCode = 0;
  for (const { name } of chosen) {
    const child = spawnSync(process.execPath, ["--expose-gc", CHILD, name, extent], { stdio: "inherit" });
    if (child.status !== 0) exitCode = 1;
  }
  console.log(`\n${loadLine()}`);
  return exitCode;
}
