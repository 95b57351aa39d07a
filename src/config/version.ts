/** The version of this release, as package.json has it: sources and builds lie equally deep below it. */
import { readFileSync } from "node:fs";

export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest && typeof manifest.version === "string" ? manifest.version : "0.0.0";
}
