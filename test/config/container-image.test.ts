/** There is no Docker here to build the image: what can be told from its files is. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/config/load.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const instructions = readInstructions(readFileSync(`${root}Dockerfile`, "utf8"));
const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));

test("everything that is copied into the image is there, and not ignored", () => {
  const ignored = readFileSync(`${root}.dockerignore`, "utf8").split("\n");
  const copied = instructions.filter(({ name, text }) => name === "COPY" && !text.startsWith("--from"));
  for (const path of copied.flatMap(({ text }) => text.split(" ").slice(0, -1))) {
    assert.ok(existsSync(root + path), path);
    assert.ok(!ignored.includes(path), path);
  }
});

test("the image runs without rights and writes to one volume", () => {
  assert.equal(instruction("USER"), "65532:65532");
  assert.equal(instruction("VOLUME"), "/var/lib/authspike");
  assert.equal(instruction("EXPOSE"), "4317 4318 8401");
  const userAt = lastStage.findIndex(({ name }) => name === "USER");
  assert.ok(lastStage.slice(userAt).every(({ name }) => name !== "RUN" && name !== "COPY"));
});

test("the image runs the Node that the project is pinned to", () => {
  const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const [major] = (manifest as { devDependencies: { node: string } }).devDependencies.node.split(".");
  for (const { text } of instructions.filter(({ name }) => name === "FROM")) {
    assert.ok(text.startsWith(`node:${major}-`), text);
  }
});

test("the health check and the entry point call what is there", () => {
  assert.match(instruction("HEALTHCHECK"), /CMD \["node", "\/opt\/authspike\/bin\/authspike\.js", "healthcheck"\]$/);
  assert.equal(instruction("ENTRYPOINT"), '["node", "/opt/authspike/bin/authspike.js"]');
  assert.equal(instruction("WORKDIR"), "/opt/authspike");
});

test("the configuration of the image is valid, open to its network, and keeps the API inside", () => {
  const files = ["docker/authspike.yaml"];
  const outcome = loadConfig({ files, flags: new Map(), environment: {}, workingDirectory: root });
  assert.equal(outcome.kind, "ok");
  const { receivers, api, storage } = outcome.config;
  assert.deepEqual([receivers.grpc.host, receivers.http.host, api.host], ["0.0.0.0", "0.0.0.0", "localhost"]);
  assert.equal(storage.directory, instruction("VOLUME"));
  assert.deepEqual(outcome.warnings, []);
});

type Instruction = { readonly name: string; readonly text: string };

function readInstructions(dockerfile: string): readonly Instruction[] {
  const joined = dockerfile.replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, "");
  return joined.split("\n").flatMap((line) => {
    const [, name, text] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return name === undefined || text === undefined ? [] : [{ name, text }];
  });
}

/** Of the stage that becomes the image. */
function instruction(wanted: string): string {
  return lastStage.find(({ name }) => name === wanted)?.text ?? "";
}
