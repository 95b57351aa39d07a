/**
 * The codes that a rule bundle can earn besides those of any YAML file (`core/text/codes.ts`).
 *
 * AS21x and AS22x are errors and refuse the bundle. AS3xx are warnings: the bundle works, but a
 * careful colleague would ask about it.
 */
export const RULE_CODES = {
  AS210: "an id or name is given twice in the bundle",
  AS211: "`overrides` names a rule that does not exist",
  AS212: "rules override one another in a circle",
  AS213: "a route names a notifier that does not exist",
  AS214: "the last route does not match everything",
  AS215: "the levels of a severity ladder do not rise, or the first one has a condition",
  AS216: "a template is malformed, or names an unknown variable or filter",
  AS217: "`recover` is not below `when`: the alert could never resolve, or would flap",
  AS218: "the time zone is unknown",
  AS219: "a mute never ends, or ends before it begins",
  AS220: "a pattern is malformed or can never match",
  AS221: "the version of the file is not one that this release reads",
  AS222: "`routes` or `budget` is given in more than one file",
  AS223: "a label has a name that authspike itself sets",
  AS224: "the bundle has no rules",
  AS301: "a secret is written in clear text",
  AS302: "a notifier is used by no route",
  AS303: "a route is never reached",
  AS304: "a mute is already over",
  AS305: "too few failures suffice for an alert",
  AS306: "a page of this rule would say nothing about what to do",
  AS307: "a route or mute asks for a label that no alert has, or for a value that it never has",
  AS308: "a PagerDuty routing key does not look like one",
  AS309: "two rules would page for the same failures",
  AS310: "a level of a severity ladder is never reached",
  AS311: "a route pattern has no slash, which hardly any route lacks",
} as const;
