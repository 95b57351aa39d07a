/**
 * When a version of a service was first seen to fail, which tells a broken release from everything else.
 *
 * Only failures are asked for their version: nearly every service has a few, and so the version in
 * use is known before a burst. A service's first version is never new. A rolling release shows two versions
 * side by side; the last few are remembered, so that a roll-back is not news either.
 */
import type { UnixMillis } from "../../time.ts";
import { MINUTE_MS } from "../../time.ts";
import { mixText } from "./mix.ts";

const SERVICES_MAX = 4096;
const VERSIONS_MAX = 4;
const NEW_FOR_MS = 10 * MINUTE_MS;

type Version = { readonly hash: number; readonly since: UnixMillis };

export class ServiceVersions {
  readonly #versions = new Map<string, readonly Version[]>();

  /** Whether the version appeared within the last ten minutes, after another. */
  isNew(service: string, version: string, now: UnixMillis): boolean {
    const hash = mixText(version);
    const known = this.#versions.get(service);
    const found = known?.find((entry) => entry.hash === hash);
    if (found !== undefined) return now - found.since <= NEW_FOR_MS;
    this.#remember(service, [...(known ?? []), { hash, since: known === undefined ? -Infinity : now }]);
    return known !== undefined;
  }

  #remember(service: string, versions: readonly Version[]): void {
    if (this.#versions.size >= SERVICES_MAX && !this.#versions.has(service)) {
      const [longestKnown] = this.#versions.keys();
      if (longestKnown !== undefined) this.#versions.delete(longestKnown);
    }
    this.#versions.set(service, versions.slice(-VERSIONS_MAX));
  }
}
