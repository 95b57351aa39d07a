/**
 * Gives the demo's store half an hour of history before the service starts.
 *
 * Nothing about the baselines is made up: an engine with the same rules sees the usual traffic in
 * virtual time, up to this moment, and what it has learned is saved as the service saves it. The
 * service then starts as after a restart.
 */
import type { Config } from "../../config/config.ts";
import { Engine } from "../../core/engine.ts";
import type { RecordedRequest } from "../../core/extraction/request-observation.ts";
import type { RuleSet } from "../../core/rules/rule.ts";
import { MINUTE_MS } from "../../core/time.ts";
import { Store } from "../../io/sqlite/store.ts";
import { TRAFFIC_ENVIRONMENT } from "../../io/traffic/encode-requests.ts";
import { SCENARIOS } from "../../io/traffic/scenarios.ts";
import type { PlannedRequest } from "../../io/traffic/traffic-plan.ts";
import { TrafficPlan } from "../../io/traffic/traffic-plan.ts";
import { engineSettings } from "../../service/assemble.ts";
import { saveCheckpoints } from "../../service/checkpoints.ts";
import { Replay } from "../replay.ts";

export type SeededHistory = { readonly requests: number; readonly endpoints: number; readonly minutes: number };

const MINUTES = 30;
const GRPC_OK = 0;
const GRPC_UNAUTHENTICATED = 16;

export function seedHistory(
  config: Config,
  ruleSet: RuleSet,
  { rate, seed }: { rate: number; seed: number },
): SeededHistory {
  using store = Store.open(config.storage.directory);
  const settings = engineSettings(config, store);
  const engine = new Engine(settings, ruleSet);
  const { clientKey } = settings;
  const now = Date.now();
  const never = Number.POSITIVE_INFINITY;
  const times = { startAt: now - MINUTES * MINUTE_MS, troubleFrom: never, troubleUntil: never };
  const plan = new TrafficPlan({ seed, rate, scenario: SCENARIOS.steady, ...times });
  const replay = new Replay({ engine, clientKey, onEffects: () => {} });
  const requests = plan.until(now);
  for (const request of requests) replay.request(recorded(request), request.endedAt);
  saveCheckpoints(store.checkpoints, engine, { steady: now, wall: now });
  return { requests: requests.length, endpoints: engine.endpoints.size, minutes: MINUTES };
}

function recorded({ client, endedAt, flow, isRefused }: PlannedRequest): RecordedRequest {
  const { method, route, service } = flow;
  const facts = { endedAt, service, environment: TRAFFIC_ENVIRONMENT, route, client };
  if (method === "") return { ...facts, grpcStatus: isRefused ? GRPC_UNAUTHENTICATED : GRPC_OK };
  return { ...facts, method, httpStatus: isRefused ? 401 : 200 };
}
