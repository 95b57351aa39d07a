/** Where an alert is, in the words in which people are told. */
import { endpointName } from "../extraction/endpoint.ts";
import type { Alert } from "./alert.ts";
import { field } from "./plain-text.ts";

/** The endpoint, or for series wider than an endpoint the service, or whom it calls. */
export function subjectOf({ endpoint, labels }: Alert): string {
  if ("route" in labels) return field(endpointName(endpoint)) || "all endpoints";
  if (endpoint.peer !== undefined && "peer" in labels) return `calls to ${field(endpoint.peer)}`;
  return field(endpoint.service) || "all endpoints";
}

export function placeOf(alert: Alert): string {
  const service = field(alert.endpoint.service);
  const subject = subjectOf(alert);
  return subject === service ? service : `${subject} of ${service}`;
}
