/** R34: what a browser asks before it lets a page send. */
import { demandHttpStatus } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand, NotApplicable } from "../check.ts";
import { callHttp, JSON_TYPE } from "../http-caller.ts";
import type { Target } from "../target.ts";
import { withoutToken } from "../target.ts";

const PREFLIGHT = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };

function originOf({ corsOrigin }: Target): string {
  if (corsOrigin === null) throw new NotApplicable("needs --cors-origin");
  return corsOrigin;
}

export const browserChecks: readonly Check[] = [
  {
    id: "R34.preflight",
    level: "SHOULD",
    sentence: "lets pages of an allowed origin send: their preflight needs no token and names method and headers",
    run: async (target) => {
      const origin = originOf(target);
      const answer = await callHttp(withoutToken(target), { method: "OPTIONS", headers: { ...PREFLIGHT, origin } });
      demandHttpStatus(answer, [200, 204]);
      const allowed = (name: string) => String(answer.headers[`access-control-allow-${name}`] ?? "missing");
      demand([origin, "*"].includes(allowed("origin")), `allowed origin: ${allowed("origin")}`);
      demand(/POST|\*/.test(allowed("methods")), `allowed methods: ${allowed("methods")}`);
      demand(/content-type|\*/i.test(allowed("headers")), `allowed headers: ${allowed("headers")}`);
    },
  },
  {
    id: "R34.answer",
    level: "SHOULD",
    sentence: "lets pages of an allowed origin read the answer, be it a success or an error",
    run: async (target) => {
      const origin = originOf(target);
      for (const body of ["{}", "{"]) {
        const { headers, status } = await callHttp(target, { headers: { ...JSON_TYPE, origin }, body });
        const allowed = headers["access-control-allow-origin"] ?? "missing";
        demand([origin, "*"].includes(allowed), `HTTP ${status}, allowed origin: ${allowed}`);
      }
    },
  },
  {
    id: "R34.stranger",
    level: "SHOULD",
    sentence: "does not let pages of another origin send",
    run: async (target) => {
      originOf(target);
      const origin = "https://conformance.invalid";
      const { headers } = await callHttp(target, { method: "OPTIONS", headers: { ...PREFLIGHT, origin } });
      const allowed = headers["access-control-allow-origin"] ?? "missing";
      demand(![origin, "*"].includes(allowed), `allowed origin: ${allowed}`);
    },
  },
];
