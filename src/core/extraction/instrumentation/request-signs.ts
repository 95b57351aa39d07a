/**
 * What a request's span shows of how its service is instrumented: how it is named, how it was answered,
 * who sent it, when.
 *
 * Few spans of a busy service are looked at (`look-gate.ts`), so it may take its time.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { VALUE_NONE, VALUE_STRING } from "../../otlp/span-view.ts";
import type { UnixMillis } from "../../time.ts";
import { MINUTE_MS, SECOND_MS } from "../../time.ts";
import {
  CHALLENGE_SLOTS,
  CLIENT_NAME_SLOTS,
  HTTP_STATUS_SLOTS,
  METHOD_SLOTS,
  PATH_SLOTS,
  PEER_SLOTS,
  RESOURCE_SLOT,
  ROUTE_SLOTS,
  SPAN_SLOT,
  USER_AGENT_SLOTS,
} from "../attribute-keys.ts";
import { isAuthenticationRoute } from "../authentication-route.ts";
import { UNKNOWN_CLIENT } from "../client-fingerprint.ts";
import { hasForwarded } from "../client-reader.ts";
import { OTHER_METHOD, UNKNOWN_ROUTE } from "../endpoint-naming.ts";
import type { EndpointTable } from "../endpoint-table.ts";
import { isInternalAddress, NOT_AN_ADDRESS, readAddress } from "../ip-address.ts";
import { NO_GRPC_STATUS, NO_HTTP_STATUS } from "../outcome.ts";
import type { SpanObservation } from "../span-observation.ts";
import { isMicrometer } from "../span-status.ts";
import type { Count, Stratum } from "./count.ts";

/** A span that stands for as many requests makes an alarm wait as many times as long. */
export const THIN_WEIGHT = 10;
/** Clocks that are kept by NTP differ by less, and batches wait for less. */
const AHEAD_MIN_MS = 2 * SECOND_MS;
const LONG_AGO_MIN_MS = MINUTE_MS;

const KIND_CLIENT = 3;
const HTTP_UNAUTHORIZED = 401;
const NO_SLOT = -1;
const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;
const ASTERISK = 0x2a;

type Naming = Pick<EndpointTable, "standingOf">;

export class RequestSigns {
  readonly #endpoints: Naming;
  /** Used again for every span. */
  readonly #found: Count[] = [];

  constructor(endpoints: Naming) {
    this.#endpoints = endpoints;
  }

  /** Good until the next call. */
  of(observation: SpanObservation, nowWall: UnixMillis): readonly Count[] {
    const found = this.#found;
    found.length = 0;
    found.push("request");
    if (observation.endpoint.protocol === "http") addHttpSigns(found, observation);
    this.#addStanding(found, observation);
    addStatusSigns(found, observation);
    addClientSigns(found, observation);
    addSamplingSigns(found, observation);
    addClockSigns(found, observation.endedAt, nowWall);
    const { attributes, resource } = observation.view;
    if (!hasAny(attributes.kind, USER_AGENT_SLOTS)) found.push("user_agent_absent");
    if (!resource.has(RESOURCE_SLOT.serviceVersion)) found.push("version_absent");
    if (observation.view.kind === KIND_CLIENT) found.push("gateway_root");
    return found;
  }

  #addStanding(found: Count[], observation: SpanObservation): void {
    const { endpoint, hasRoute } = observation;
    if (endpoint.isOverflow) found.push("endpoint_overflowed");
    const isKnown = hasRoute || this.#endpoints.standingOf(endpoint) === "kept";
    if (stratumOf(observation) === "refused" && (endpoint.isOverflow || !isKnown)) found.push("refusal_apart");
  }
}

export function stratumOf({ outcome }: SpanObservation): Stratum {
  return outcome === "unauthenticated" || outcome === "forbidden" ? "refused" : "other";
}

function addHttpSigns(found: Count[], observation: SpanObservation): void {
  const { endpoint, view } = observation;
  found.push("http");
  addRouteSigns(found, observation);
  if (endpoint.method === OTHER_METHOD) {
    found.push(hasAny(view.attributes.kind, METHOD_SLOTS) ? "method_other" : "method_absent");
  }
  addNamesSigns(found, view);
}

function addRouteSigns(found: Count[], { endpoint, hasRoute, outcome, view }: SpanObservation): void {
  // What does not exist has no route, and what is throttled may be so before routing.
  if (outcome === "client_error" || outcome === "throttled") return;
  found.push("routed");
  if (endpoint.route === UNKNOWN_ROUTE) found.push("route_unknown");
  const slot = routeSlotOf(view);
  if (!hasRoute) {
    found.push(slot === NO_SLOT ? "route_absent" : "route_turned_away");
    return;
  }
  if (slot === NO_SLOT) return;
  if (endpoint.route.includes("{}") && isPath(view, slot)) found.push("route_is_path");
  if (hasMoreSegments(endpoint.route, view, slot)) found.push("route_without_mount");
}

function routeSlotOf(view: SpanView): number {
  const { end, kind, start } = view.attributes;
  // Some write "" where they know none.
  const isGiven = (candidate: number) => kind[candidate] === VALUE_STRING && start[candidate] !== end[candidate];
  const slot = ROUTE_SLOTS.find(isGiven) ?? NO_SLOT;
  return slot === SPAN_SLOT.micrometerUri && !isMicrometer(view) ? NO_SLOT : slot;
}

/** What is given as the route is the path as it was asked for. */
function isPath({ attributes, bytes }: SpanView, routeSlot: number): boolean {
  const pathSlot = PATH_SLOTS.find((slot) => attributes.kind[slot] === VALUE_STRING);
  if (pathSlot === undefined) return false;
  const [start = 0, end = 0] = [attributes.start[routeSlot], attributes.end[routeSlot]];
  const [pathStart = 0, pathEnd = 0] = [attributes.start[pathSlot], attributes.end[pathSlot]];
  const length = end - start;
  if (length > pathEnd - pathStart) return false;
  for (let index = 0; index < length; index++) if (bytes[start + index] !== bytes[pathStart + index]) return false;
  return length === pathEnd - pathStart || bytes[pathStart + length] === QUESTION_MARK;
}

/** The endpoint has a prefix that the route leaves out. What takes any path says nothing about that. */
function hasMoreSegments(route: string, { attributes, bytes }: SpanView, slot: number): boolean {
  const [start = 0, end = 0] = [attributes.start[slot], attributes.end[slot]];
  if (bytes[end - 1] === ASTERISK) return false;
  let given = bytes[start] === SLASH ? 0 : 1;
  for (let position = start; position < end; position++) if (bytes[position] === SLASH) given++;
  let named = 0;
  for (let index = 0; index < route.length; index++) if (route.charCodeAt(index) === SLASH) named++;
  return named > given;
}

function addNamesSigns(found: Count[], { attributes }: SpanView): void {
  const { kind } = attributes;
  const hasOld = kind[SPAN_SLOT.httpMethod] !== VALUE_NONE || kind[SPAN_SLOT.httpStatusCode] !== VALUE_NONE;
  const isNew =
    kind[SPAN_SLOT.httpRequestMethod] !== VALUE_NONE || kind[SPAN_SLOT.httpResponseStatusCode] !== VALUE_NONE;
  if (hasOld) found.push(isNew ? "old_and_new_names" : "only_old_names");
}

function addStatusSigns(found: Count[], { grpcStatus, httpStatus, view }: SpanObservation): void {
  const { kind } = view.attributes;
  if (httpStatus === NO_HTTP_STATUS && grpcStatus === NO_GRPC_STATUS) found.push("status_absent");
  const slot = HTTP_STATUS_SLOTS.find((candidate) => kind[candidate] !== VALUE_NONE);
  if (slot !== undefined && kind[slot] === VALUE_STRING) found.push("status_is_text");
  if (httpStatus !== HTTP_UNAUTHORIZED) return;
  found.push("unauthorized");
  if (!hasAny(kind, CHALLENGE_SLOTS)) found.push("challenge_absent");
}

function addClientSigns(found: Count[], observation: SpanObservation): void {
  const { view } = observation;
  found.push(observation.client === UNKNOWN_CLIENT ? "client_absent" : "client");
  const isForwarded = hasForwarded(view);
  if (isForwarded) found.push("forwarded_header");
  if (view.parentSpanIdStart === -1) {
    found.push("entry");
    const told = placeOf(view, CLIENT_NAME_SLOTS);
    const seen = told === "nowhere" ? placeOf(view, PEER_SLOTS) : told;
    if (!isForwarded && seen === "internal") found.push("client_internal");
  }
  if (placeOf(view, PEER_SLOTS) !== "public") return;
  found.push("public_peer");
  if (view.parentSpanIdStart !== -1 && observation.isEntry) found.push("stranger_as_parent");
}

/** Where the first address of the list is. */
function placeOf({ attributes, bytes }: SpanView, slots: readonly number[]): "nowhere" | "internal" | "public" {
  const slot = slots.find((candidate) => attributes.kind[candidate] === VALUE_STRING);
  if (slot === undefined) return "nowhere";
  const kind = readAddress(bytes, attributes.start[slot] ?? 0, attributes.end[slot] ?? 0);
  if (kind === NOT_AN_ADDRESS) return "nowhere";
  return isInternalAddress(kind) ? "internal" : "public";
}

function addSamplingSigns(found: Count[], { endpoint, view, weight }: SpanObservation): void {
  const isThin = weight >= THIN_WEIGHT;
  if (isThin) found.push("thinly_sampled");
  if (isAuthenticationRoute(endpoint.route)) {
    found.push("sign_in");
    if (isThin) found.push("sign_in_thin");
  }
  if (weight === 1 && statesRatio(view)) found.push("ratio_elsewhere");
}

/** In the words of tools that know no `ot=th`. A parameter of 1 is that of a sampler that keeps everything. */
function statesRatio({ attributes, bytes }: SpanView): boolean {
  const ratio = attributes.has(SPAN_SLOT.jaegerSamplerParam)
    ? attributes.asNumber(bytes, SPAN_SLOT.jaegerSamplerParam)
    : attributes.asNumber(bytes, SPAN_SLOT.datadogRatio);
  return (ratio > 0 && ratio < 1) || attributes.asNumber(bytes, SPAN_SLOT.honeycombRate) > 1;
}

function addClockSigns(found: Count[], endedAt: UnixMillis, nowWall: UnixMillis): void {
  if (endedAt > nowWall + AHEAD_MIN_MS) found.push("ended_ahead");
  if (endedAt > 0 && endedAt < nowWall - LONG_AGO_MIN_MS) found.push("ended_long_ago");
}

function hasAny(kind: Uint8Array, slots: readonly number[]): boolean {
  return slots.some((slot) => kind[slot] !== VALUE_NONE);
}
