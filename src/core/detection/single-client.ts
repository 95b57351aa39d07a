/**
 * Whether one client fails alone where others succeed: a dead token in a retry loop, for a ticket and not for a page.
 *
 * The danger is a gateway. All requests of an endpoint may come through one address, and when that fails
 * everybody does. So nothing is said before successes have shown whose they are, and never of the client that
 * they usually come from. Nor may a loop hide what comes after it: the latest failures must be its own
 * as well, however many it has had since its onset.
 */
import type { ClientVotes } from "./client-votes.ts";
import { isClearLeader } from "./client-votes.ts";
import type { RecentClients } from "./recent-clients.ts";
import { failuresOf } from "./recent-clients.ts";

/** Of the failures since the onset. */
const ALONE_SHARE = 0.6;
/** So many successes tell who usually calls. */
const SUCCESSES_MIN = 20;

export function isOneClientFailing(clients: RecentClients, successes: ClientVotes): boolean {
  const { client, votes } = clients.votes;
  if (votes === 0 || isUsualClient(successes, client)) return false;
  return failuresOf(clients, client) > ALONE_SHARE * clients.tallyTotal;
}

/** In doubt it is. */
function isUsualClient(successes: ClientVotes, client: number): boolean {
  if (successes.cast < SUCCESSES_MIN) return true;
  return isClearLeader(successes, client);
}
