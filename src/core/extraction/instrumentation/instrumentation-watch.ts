/**
 * Watches how each service is instrumented, while its spans go by.
 *
 * Nothing is decided by it. A few spans of each service are looked at closely and counted by what they show
 * (`request-signs.ts`); what that means for people is said when somebody asks (`findings.ts`).
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { VALUE_NONE } from "../../otlp/span-view.ts";
import { readText } from "../../otlp/wire.ts";
import type { Instant } from "../../time.ts";
import { MINUTE_MS } from "../../time.ts";
import { HTTP_STATUS_SLOTS, SPAN_SLOT } from "../attribute-keys.ts";
import { cleanName } from "../clean-text.ts";
import type { EndpointTable } from "../endpoint-table.ts";
import { hexOf } from "../hex-text.ts";
import type { ServiceScope } from "../service-table.ts";
import type { SpanObservation } from "../span-observation.ts";
import { instrumentationOfScope, outerFramework } from "./known-instrumentations.ts";
import { redactedPlaces } from "./redacted-places.ts";
import { RequestSigns, stratumOf } from "./request-signs.ts";
import type { SignExample } from "./service-tally.ts";
import { ServiceTally } from "./service-tally.ts";
import { SenderReader } from "./span-sender.ts";

/** Services beyond these are counted together, as one. */
export const TALLIED_SERVICES_MAX = 2_000;

const KIND_SERVER = 2;
const TRACE_ID_BYTES = 16;

export type TalliedService = {
  readonly scope: Pick<ServiceScope, "environment" | "namespace" | "service" | "nesting">;
  readonly tally: ServiceTally;
};

const OTHER_SERVICES = { environment: "(any)", namespace: "", service: "(other services)", nesting: null } as const;

export class InstrumentationWatch {
  readonly #signs: RequestSigns;
  readonly #senders = new SenderReader();
  readonly #services: TalliedService[] = [];
  #overflow: ServiceTally | null = null;
  #now: Instant = { steady: 0, wall: 0 };
  #minute = 0;

  constructor(endpoints: Pick<EndpointTable, "standingOf">) {
    this.#signs = new RequestSigns(endpoints);
  }

  advanceTo(now: Instant): void {
    this.#now = now;
    this.#minute = Math.floor(now.steady / MINUTE_MS);
  }

  /** The tallies as of now, in the order in which the services came. */
  settle(): readonly TalliedService[] {
    for (const { tally } of this.#services) tally.settleAwaited(this.#now.steady);
    return this.#services;
  }

  /** A request, when its outcome is known as far as its span tells it. */
  note(observation: SpanObservation): void {
    const tally = observation.scope.tally ?? this.#tallyOf(observation.scope);
    const gate = stratumOf(observation) === "refused" ? tally.refusedGate : tally.otherGate;
    if (gate.admits(this.#minute)) this.#look(observation, tally);
  }

  /** A span that is no request. */
  pass(view: SpanView, scope: ServiceScope): void {
    const tally = scope.tally ?? this.#tallyOf(scope);
    if (tally.passedGate.admits(this.#minute)) this.#lookInside(view, tally);
  }

  /** Lets go of the last request's bytes. */
  forgetRequest(): void {
    this.#senders.forgetRequest();
  }

  #look(observation: SpanObservation, tally: ServiceTally): void {
    const { refusals, view } = observation;
    const { steady, wall } = this.#now;
    const stratum = stratumOf(observation);
    tally.advanceTo(steady);
    tally.sender = this.#senders.senderOf(view);
    const counts = this.#signs.of(observation, wall);
    const example = () => this.#exampleOf(view);
    tally.add(counts, stratum, example);
    tally.noteClient(observation.client);
    for (const refusal of refusals) tally.await(refusal, steady);
    const places = redactedPlaces(view);
    if (places.length === 0) return;
    tally.add(["secret_redacted"], stratum, example);
    tally.noteRedacted(places);
  }

  #lookInside(view: SpanView, tally: ServiceTally): void {
    const example = () => this.#exampleOf(view);
    const { attributes } = view;
    tally.note("passed");
    const framework = instrumentationOfScope(this.#senders.senderOf(view).scopeName);
    tally.framework = outerFramework(tally.framework, framework);
    if (view.kind === KIND_SERVER && attributes.has(SPAN_SLOT.nextBubble)) tally.add(["bubble"], "other", example);
    const hasStatus = HTTP_STATUS_SLOTS.some((slot) => attributes.kind[slot] !== VALUE_NONE);
    if (view.kind !== KIND_SERVER && hasStatus) tally.add(["inner_status"], "other", example);
  }

  #exampleOf(view: SpanView): SignExample {
    const { bytes, nameEnd, nameStart, traceIdStart } = view;
    return {
      traceId: hexOf(bytes, traceIdStart, TRACE_ID_BYTES),
      spanName: nameStart === -1 ? "" : cleanName(readText(bytes, nameStart, nameEnd)),
      sender: this.#senders.senderOf(view),
    };
  }

  #tallyOf(scope: ServiceScope): ServiceTally {
    scope.tally = this.#services.length < TALLIED_SERVICES_MAX ? this.#add(scope) : this.#overflowTally();
    return scope.tally;
  }

  #overflowTally(): ServiceTally {
    this.#overflow ??= this.#add(OTHER_SERVICES);
    return this.#overflow;
  }

  #add(scope: TalliedService["scope"]): ServiceTally {
    const tally = new ServiceTally(this.#now.steady);
    this.#services.push({ scope, tally });
    return tally;
  }
}
