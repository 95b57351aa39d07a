/**
 * A login endpoint with its usual traffic, an authspike that watches it, and a PagerDuty that is
 * paged. The endpoint is attacked through `traffic`; what PagerDuty sees is what counts.
 */
import assert from "node:assert/strict";
import type { Incident } from "../../src/io/stand-ins/pagerduty-incidents.ts";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { Installation, ROUTING_KEY } from "./installation.ts";
import { LoginTraffic } from "./login-traffic.ts";
import type { RunningService } from "./running-service.ts";

const TRICKLE_MS = 2_000;
/** The detector wants to see a minute of calm. */
const RESOLVE_TIMEOUT_MS = 120_000;

export class WatchedLogin implements AsyncDisposable {
  readonly pagerDuty: PagerDutyTwin;
  readonly traffic: LoginTraffic;
  readonly #installation: Installation;
  #service: RunningService;

  private constructor(pagerDuty: PagerDutyTwin, installation: Installation, service: RunningService) {
    this.pagerDuty = pagerDuty;
    this.traffic = new LoginTraffic(service);
    this.#installation = installation;
    this.#service = service;
  }

  /** Resolves after some seconds of usual traffic. */
  static async start(): Promise<WatchedLogin> {
    const pagerDuty = new PagerDutyTwin({ routingKeys: [ROUTING_KEY] });
    await pagerDuty.start();
    const installation = new Installation({ pagerDuty });
    const login = new WatchedLogin(pagerDuty, installation, await installation.start());
    await login.traffic.trickle(TRICKLE_MS);
    return login;
  }

  get service(): RunningService {
    return this.#service;
  }

  async killAndRestart(): Promise<void> {
    await this.#service.kill();
    this.#service = await this.#installation.start();
    this.traffic.target = this.#service;
  }

  /** Lets the attack end and returns the incidents once PagerDuty has been told of it. */
  async recover(): Promise<readonly Incident[]> {
    await this.traffic.calm();
    const isResolved = ({ events }: PagerDutyTwin) => events.some(({ action }) => action === "resolve");
    await this.#service.whileRunning(this.pagerDuty.waitFor(isResolved, RESOLVE_TIMEOUT_MS));
    return this.pagerDuty.incidents;
  }

  /** Lets the attack end, and holds that one incident was opened and closed by it. */
  async assertRecoversFromOneIncident(): Promise<void> {
    await this.pagerDuty.waitFor(({ incidents }) => incidents.length > 0);
    const incidents = await this.recover();
    assert.deepEqual(
      incidents.map(({ state }) => state),
      ["resolved"],
    );
    const actions = this.pagerDuty.events.map(({ action }) => action);
    assert.deepEqual(actions.indexOf("resolve"), actions.length - 1, "nothing follows the one resolve");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#installation[Symbol.asyncDispose]();
    await this.pagerDuty[Symbol.asyncDispose]();
  }
}
