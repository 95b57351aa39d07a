import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RuleFilesError, readRuleFiles, ruleBundleContext } from "../../src/config/rule-files.ts";
import { filesIn } from "../support/command-world.ts";

test("rule files are read by name, without tests, hidden files and folders", () => {
  using files = filesIn({
    "b.yaml": "b",
    "a.yml": "a",
    "a.test.yaml": "x",
    ".hidden.yaml": "x",
    "notes.md": "x",
    "folder.yaml/inner.yaml": "x",
  });
  symlinkSync(join(files.directory, "b.yaml"), join(files.directory, "c.yaml"));
  const read = readRuleFiles(files.directory).map(({ path, text }) => [path.slice(files.directory.length + 1), text]);
  assert.deepEqual(read, [
    ["a.yml", "a"],
    ["b.yaml", "b"],
    ["c.yaml", "b"],
  ]);
});

test("too many files and too large ones are refused in words", () => {
  using many = filesIn(Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`${index}.yaml`, ""])));
  assert.throws(() => readRuleFiles(many.directory), /holds 201 rule files; at most 200 are read/);
  using large = filesIn({ "a.yaml": " ".repeat(1024 * 1024 + 1) });
  assert.throws(() => readRuleFiles(large.directory), /has 1048577 bytes; at most 1048576 are read/);
  assert.throws(() => readRuleFiles("/none/such"), RuleFilesError);
});

test("secrets come from the environment and from files, and a file that is missing says so", () => {
  using files = filesIn({ key: "s3cret\n" });
  const { sources, hash } = ruleBundleContext({ environment: { KEY: "x" }, directory: "rules", nowWall: 0 });
  assert.equal(sources.environment("KEY"), "x");
  assert.deepEqual(sources.file(join(files.directory, "key")), { kind: "ok", text: "s3cret\n" });
  assert.deepEqual(sources.file("/none/such"), { kind: "failed", problem: "no such file or directory" });
  assert.equal(hash("").length, 64);
});
