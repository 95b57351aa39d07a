/** Gives each rule of a bundle the detector that judges its series, and all of them the fleet that shares the budget. */
import type { DetectorContext, DetectorOptions } from "../detection/detector.ts";
import { DEFAULT_RATE_DETECTOR, Detector } from "../detection/detector.ts";
import type { Rule, RuleSet } from "../rules/rule.ts";

type RuleInForce = { readonly rule: Rule; readonly detector: Detector };

export function withDetectors(
  { rules }: RuleSet,
  { fleet, shared }: { readonly fleet: DetectorContext; readonly shared: Omit<DetectorOptions, "windowMs"> },
): readonly RuleInForce[] {
  return rules.map((rule) => {
    // A rule about takeovers judges no rate: its detector is never asked to.
    const settings = rule.detector.kind === "ewma" ? rule.detector : DEFAULT_RATE_DETECTOR;
    const detector = new Detector(settings, { windowMs: rule.windowMs, ...shared });
    detector.updateContext(fleet);
    return { rule, detector };
  });
}

/** Who shares the budget of false pages. Asked whenever a threshold is set: none hangs on when the last tick was. */
export function fleetOf(ruleSet: () => RuleSet, countSeries: () => number): DetectorContext {
  return {
    get budgetFalsePages() {
      return ruleSet().budget.falsePages;
    },
    get budgetPerMs() {
      return ruleSet().budget.perMs;
    },
    get activeSeriesCount() {
      return countSeries();
    },
  };
}
