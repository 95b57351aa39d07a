/** Where an alert's notifications go: the first route that matches, and on from it while routes continue. */
import { matchesLabels } from "./match.ts";
import type { Route } from "./rule.ts";

/** Names of notifiers, each once, in the order of the routes. */
export function notifiersFor(routes: readonly Route[], labels: Readonly<Record<string, string>>): readonly string[] {
  const names = new Set<string>();
  for (const route of routes) {
    if (!matchesLabels(route.match, labels)) continue;
    for (const name of route.notify) names.add(name);
    if (!route.continues) break;
  }
  return [...names];
}
