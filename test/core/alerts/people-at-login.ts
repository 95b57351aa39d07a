/** A sign-in at which clients 1 to 9 have signed in before. */
import { KnownClients } from "../../../src/core/alerts/patterns/known-clients.ts";
import type { Endpoint } from "../../../src/core/extraction/endpoint.ts";

export const LOGIN_ENDPOINT: Endpoint = {
  id: 3,
  name: "POST /login",
  hash: 33,
  isOverflow: false,
  environment: "",
  namespace: "",
  service: "auth",
  method: "POST",
  route: "/login",
  protocol: "http",
};

export function peopleAtLogin(): KnownClients {
  const known = new KnownClients();
  for (let client = 1; client <= 9; client++) known.noteSuccess(client, LOGIN_ENDPOINT.hash, 0);
  return known;
}
