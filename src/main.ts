/**
 * The entry: hands arguments, environment and streams to the command line, and sets the exit code.
 *
 * Nothing is imported before the version is known to be good: better-sqlite3 ends an older Node with a
 * segmentation fault and no message.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`authspike needs Node 22.15 or newer; this is Node ${process.versions.node}\n`);
  process.exitCode = 1;
} else {
  const { runCommandLine } = await import("./cli/command-line.ts");
  const { stdin, stdout, stderr } = process;
  process.exitCode = await runCommandLine(process.argv.slice(2), process.env, { stdin, stdout, stderr });
}
