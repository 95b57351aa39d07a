/**
 * Turns a notifier as it is written into one that can be used: its places are filled in from the
 * environment and from files.
 *
 * A PagerDuty notifier whose key is empty writes to the log instead, so that the shipped rules work
 * before anyone has an account, and `PAGERDUTY_ROUTING_KEY` alone is enough to be paged.
 */
import type { ExpansionSources } from "../text/expansion.ts";
import { expandText } from "../text/expansion.ts";
import { scalarText, url } from "../text/scalar-shapes.ts";
import type { Report, ScalarNode } from "../text/yaml-document.ts";
import { errorAt, placeWithin, warningAt } from "../text/yaml-document.ts";
import type { ReadNotifier, ReadPagerduty } from "./bundle-shapes.ts";
import type { Notifier } from "./rule.ts";

export const PAGERDUTY_ADDRESSES = {
  us: "https://events.pagerduty.com/v2/enqueue",
  eu: "https://events.eu.pagerduty.com/v2/enqueue",
} as const;

type Hash = (text: string) => string;

export function logNotifier(name: string, hash: Hash): Notifier {
  return { name, kind: "log", targetId: targetIdOf(["log", "", ""], hash) };
}

type Resolution = { readonly sources: ExpansionSources; readonly hash: Hash; readonly use: "routed" | "unused" };
type Resolved = { readonly notifier: Notifier; readonly notice: string | null };

export function resolveNotifier(read: ReadNotifier, resolution: Resolution, report: Report): Resolved {
  const asLog = logNotifier(read.name, resolution.hash);
  if (read.kind === "log") return { notifier: asLog, notice: null };
  const { routing_key, url: address, region } = read.settings;
  const key = expandNode(routing_key, resolution, report);
  const target = address === null ? PAGERDUTY_ADDRESSES[region] : expandNode(address, resolution, report);
  if (key === undefined || target === undefined) return { notifier: asLog, notice: null };
  if (key.trim() === "") return { notifier: asLog, notice: withoutKey(read) };
  if (address !== null && url(["https", "http"]).read({ ...address, value: target }, report) === undefined) {
    return { notifier: asLog, notice: null };
  }
  lintRoutingKey(read.settings, key, report);
  const routingKey = key.trim();
  const targetId = targetIdOf(["pagerduty", target, routingKey], resolution.hash);
  return { notifier: { name: read.name, kind: "pagerduty", routingKey, url: target, targetId }, notice: null };
}

function targetIdOf(identity: readonly [kind: string, url: string, key: string], hash: Hash): string {
  return hash(JSON.stringify(identity)).slice(0, 24);
}

/** Undefined when it cannot be filled in, which is an error unless nobody would be told through it. */
function expandNode(node: ScalarNode, { sources, use }: Resolution, report: Report): string | undefined {
  const expansion = expandText(scalarText(node), sources);
  if (expansion.kind === "ok") return expansion.text;
  const place = placeWithin(node, expansion.fragment);
  if (use === "routed") report(errorAt(place, "AS206", expansion.problem));
  return undefined;
}

function withoutKey({ name, place }: ReadNotifier): string {
  return `${place.file}:${place.line}: notifier "${name}" has an empty routing key, so what it would page goes to the log`;
}

/** The key itself is never part of a message. */
function lintRoutingKey({ routing_key, url: address }: ReadPagerduty, key: string, report: Report): void {
  const written = scalarText(routing_key);
  if (!written.includes("${")) {
    const remedy = `write "\${env:NAME}" or "\${file:/path}" in its place`;
    report(warningAt(routing_key.place, "AS301", `the routing key is a secret in clear text; ${remedy}`));
  }
  // A stand-in for PagerDuty may take any key.
  if (address === null && !/^[A-Za-z0-9]{32}$/.test(key.trim())) {
    report(
      warningAt(
        routing_key.place,
        "AS308",
        `the routing key has ${key.trim().length} characters, but PagerDuty's integration keys have 32 letters and digits`,
      ),
    );
  }
}
