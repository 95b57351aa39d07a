/**
 * Installs the dependencies when they are missing or older than package-lock.json, and is silent otherwise.
 *
 * Runs before every npm script, so that a fresh clone needs no set-up command. It may be started by an old Node
 * (the right one is among the things it installs), hence the plain syntax: valid from Node 14 on.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, "node_modules", ".authspike-lock-hash");
const lockHash = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== lockHash) {
  process.stderr.write("authspike: installing dependencies (npm ci), about half a minute the first time\n");
  const problem = install();
  if (problem === "") {
    // npm ci empties node_modules first, so an interrupted installation leaves no stamp and is done again.
    writeFileSync(stampFile, lockHash);
  } else {
    process.stderr.write(`${problem}\nauthspike: npm ci failed, see above; run it again, or run \`npm ci\` by hand\n`);
    process.exitCode = 1;
  }
}

/** What went wrong, or an empty string. */
function install() {
  // The tools are development dependencies, so they are asked for even where NODE_ENV is production.
  const flags = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = spawnSync("npm", flags, {
    cwd: root,
    env: environmentWithoutLocalTools(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  if (result.error) return `cannot start npm: ${result.error.message}`;
  if (result.status === 0) return "";
  return `${result.stdout}${result.stderr}`.trim() || `npm ended with ${result.signal || result.status}`;
}

/** npm must not run on the Node in node_modules: `npm ci` deletes that one under its own feet. */
function environmentWithoutLocalTools() {
  const environment = Object.assign({}, process.env);
  const localTools = join(root, "node_modules", ".bin");
  for (const name of Object.keys(environment)) {
    if (name.toUpperCase() !== "PATH") continue;
    const folders = (environment[name] || "").split(delimiter);
    environment[name] = folders.filter((folder) => folder !== localTools).join(delimiter);
  }
  return environment;
}
