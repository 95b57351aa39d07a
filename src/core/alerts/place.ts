/** Where an alert is, in the words in which people are told. */
import { endpointName } from "../extraction/endpoint.ts";
import type { Alert } from "./alert.ts";
import { field } from "./plain-text.ts";

/** The endpoint, or for series wider than an endpoint the service. */
export function subjectOf({ endpoint, labels }: Alert): string {
  return field("route" in labels ? endpointName(endpoint) : endpoint.service) || "all endpoints";
}

export function placeOf(alert: Alert): string {
  const service = field(alert.endpoint.service);
  const subject = subjectOf(alert);
  return subject === service ? service : `${subject} of ${service}`;
}
