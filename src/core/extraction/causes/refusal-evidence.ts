/**
 * Brings together what is said about a refused request: by its own span, by the spans within it, by log
 * records, by a service further in that refused the same call.
 *
 * All of it may come in any order and in different batches, so both sides are remembered for a while: a
 * refusal hears what was said before it came, and whatever is said later refines it. What is strongest
 * by the decision table stands, and of two equals the closer one; neither depends on the order, and so
 * the cause of a request in the end does not either. Nobody waits for anything: who has counted the
 * request by then is told of the change.
 */
import type { LogView } from "../../otlp/log-scanner.ts";
import type { SpanView } from "../../otlp/span-view.ts";
import { RESOURCE_SLOT } from "../attribute-keys.ts";
import type { Outcome } from "../observation.ts";
import type { Statement } from "./cause.ts";
import { ROW } from "./cause.ts";
import type { Heard } from "./refusal.ts";
import { compareHeard, Refusal } from "./refusal.ts";
import { TraceMemory } from "./trace-memory.ts";
import type { TracePlace } from "./trace-place.ts";
import { CLOSENESS, closenessOf, isUpstreamOf, placeOfLog, placeOfSpan, serviceMark } from "./trace-place.ts";

type Testimony = { readonly place: TracePlace; readonly statement: Statement };
/** What something within a request says of the answer: its outcome, or texts of an attribute. */
type InnerAnswer = { readonly place: TracePlace; readonly outcome: Outcome | null } & {
  readonly key: string;
  readonly texts: readonly string[];
};

/** Services that answer inside a 200; further ones are not listened to. */
const ANSWERING_SERVICES_MAX = 1000;
/** Services that say within a request why it was refused; of further ones what comes behind it is not waited for. */
const TELLING_SERVICES_MAX = 1000;

const UPSTREAM_SOURCE = "a service further in";
const NONE: readonly Heard[] = [];

export class RefusalEvidence {
  /** Statements of spans within requests and of log records. */
  heardCount = 0;
  readonly #hashSeed: number;
  readonly #refusals = new TraceMemory<Refusal>();
  readonly #testimonies = new TraceMemory<Testimony>();
  readonly #answers = new TraceMemory<InnerAnswer>();
  readonly #answeringServices = new Set<number>();
  readonly #tellingServices = new Set<number>();

  /** The seed is a secret of the installation: nobody else can choose traces that crowd out others. */
  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed;
  }

  placeOf(view: SpanView): TracePlace {
    return placeOfSpan(view, this.#hashSeed);
  }

  placeOfLog(view: LogView, serviceNameSlot: number): TracePlace {
    return placeOfLog(view, serviceNameSlot, this.#hashSeed);
  }

  /** A child or a log record says something that may explain a refusal. */
  testify(place: TracePlace, statement: Statement): void {
    this.heardCount += 1;
    if (this.#tellingServices.size < TELLING_SERVICES_MAX) this.#tellingServices.add(place.service);
    this.#testimonies.add(place.trace, { place, statement });
    for (const refusal of this.#refusals.of(place.trace)) {
      const closeness = closenessOf(place, refusal.place);
      if (refusal.hear({ statement, closeness })) this.#passOn(refusal);
    }
  }

  /** What has been said so far about the request at a place, strongest first. */
  heardAt(place: TracePlace): readonly Heard[] {
    const testimonies = this.#testimonies.of(place.trace);
    const refusals = this.#refusals.of(place.trace);
    if (testimonies.length === 0 && refusals.length === 0) return NONE;
    const heard = [
      ...testimonies.map(({ place: said, statement }) => ({ statement, closeness: closenessOf(said, place) })),
      ...refusals.flatMap((refusal) => told(refusal, place)),
    ];
    const near = heard.filter(({ closeness }) => closeness !== CLOSENESS.apart);
    return near.sort(compareHeard);
  }

  /** Remembers a refused request with what its own span says and shows. The same one again is the same refusal. */
  refuse(place: TracePlace, own: Statement | null, shown: Statement | null = null): Refusal {
    const others = this.#refusals.of(place.trace);
    const known = others.find(({ place: { span, service } }) => span === place.span && service === place.service);
    const refusal = known ?? new Refusal(place);
    if (shown !== null) refusal.show(shown);
    if (own !== null) refusal.hear({ statement: own, closeness: CLOSENESS.own });
    for (const heard of this.heardAt(place)) refusal.hear(heard);
    if (known === undefined) this.#refusals.add(place.trace, refusal);
    if (others.length > 0) this.#passOn(refusal);
    return refusal;
  }

  /** Something within a request says how it was answered, whatever its status. */
  answer(place: TracePlace, outcome: Outcome): void {
    this.#note({ place, outcome, key: "", texts: [] });
  }

  /** Something within a request holds an attribute that tells of its answer. */
  hold(place: TracePlace, key: string, texts: readonly string[]): void {
    this.#note({ place, outcome: null, key, texts });
  }

  /** Runs for every request: services that never answered inside one cost one look. */
  mayHaveAnswered({ bytes, resource }: SpanView): boolean {
    const services = this.#answeringServices;
    return services.size > 0 && services.has(serviceMark(resource, bytes, RESOURCE_SLOT.serviceName));
  }

  /** The same of services whose spans and log records never said why anything was refused. */
  mayHaveTold({ bytes, resource }: SpanView): boolean {
    const services = this.#tellingServices;
    return services.size > 0 && services.has(serviceMark(resource, bytes, RESOURCE_SLOT.serviceName));
  }

  /** Refusals and statements that have made place for newer ones. */
  get displacedCount(): number {
    return this.#refusals.displacedCount + this.#testimonies.displacedCount + this.#answers.displacedCount;
  }

  /** The answer given within the request at a place, null when there was none. */
  answerAt(place: TracePlace): Outcome | null {
    const outcomes = this.#answersAt(place).map(({ outcome }) => outcome);
    return outcomes.includes("unauthenticated") ? "unauthenticated" : (outcomes.find(Boolean) ?? null);
  }

  /** All that was held within the request at a place. */
  textsAt(place: TracePlace, key: string): readonly string[] {
    return this.#answersAt(place).flatMap((answer) => (answer.key === key ? answer.texts : []));
  }

  #answersAt(place: TracePlace): readonly InnerAnswer[] {
    return this.#answers.of(place.trace).filter((answer) => closenessOf(answer.place, place) !== CLOSENESS.apart);
  }

  #note(answer: InnerAnswer): void {
    const { service, trace } = answer.place;
    if (this.#answeringServices.size < ANSWERING_SERVICES_MAX) this.#answeringServices.add(service);
    this.#answers.add(trace, answer);
  }

  /** What is known of a refusal is known of those around it as well. */
  #passOn(refusal: Refusal): void {
    for (const other of this.#refusals.of(refusal.place.trace)) {
      if (other === refusal) continue;
      for (const heard of told(refusal, other.place)) if (other.hear(heard)) this.#passOn(other);
    }
  }
}

/**
 * What a refused request tells the one around it: anything within one service, and to another service what
 * was stated. Of two statements the stronger stays the stronger when they are passed on; so it is enough
 * that each refusal keeps and tells the strongest, and still no order matters.
 */
function told({ heard, place }: Refusal, outer: TracePlace): readonly Heard[] {
  if (heard === null || place.span === outer.span) return NONE;
  const { closeness, statement } = heard;
  const passedOn = CLOSENESS.within + closeness / 8;
  if (place.service === outer.service) {
    return closenessOf(place, outer) === CLOSENESS.apart ? NONE : [{ statement, closeness: passedOn }];
  }
  if (statement.row >= ROW.upstream + 1 || !isUpstreamOf(place, outer)) return NONE;
  const row = ROW.upstream + statement.row / 10;
  return [{ statement: { ...statement, row, confidence: "medium", source: UPSTREAM_SOURCE }, closeness: passedOn }];
}
