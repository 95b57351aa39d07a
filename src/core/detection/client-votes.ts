/**
 * Whose requests most are, kept in three numbers: a majority vote (Boyer and Moore).
 *
 * Each request votes for its client, and against the one that leads. A client with more than half of
 * the requests ends up leading; among many clients nobody leads by much. The lead is capped, so that the
 * vote follows when the traffic changes hands.
 */
const VOTES_MAX = 64;
/** A lead below this may be chance. */
const CLEAR_LEAD = 16;
/** The client of requests that name none. */
export const UNKNOWN_CLIENT = 0;

export type ClientVotes = {
  client: number;
  votes: number;
  /** Votes cast, counted up to the cap. */
  cast: number;
};

export function createClientVotes(): ClientVotes {
  return { client: UNKNOWN_CLIENT, votes: 0, cast: 0 };
}

export function clearVotes(votes: ClientVotes): void {
  votes.client = UNKNOWN_CLIENT;
  votes.votes = 0;
  votes.cast = 0;
}

/** A request without a client is somebody else's, whoever leads. */
export function castVote(votes: ClientVotes, client: number): void {
  if (votes.cast < VOTES_MAX) votes.cast += 1;
  if (client !== UNKNOWN_CLIENT && client === votes.client) {
    if (votes.votes < VOTES_MAX) votes.votes += 1;
    return;
  }
  if (votes.votes > 0) {
    votes.votes -= 1;
    return;
  }
  votes.client = client;
  votes.votes = client === UNKNOWN_CLIENT ? 0 : 1;
}

/** The same for a success, of which one without a client tells nothing. */
export function castSuccess(successes: ClientVotes, client: number): void {
  if (client !== UNKNOWN_CLIENT) castVote(successes, client);
}

/** Whether most requests are the client's, as a gateway's are. */
export function isClearLeader({ client: leader, votes }: ClientVotes, client: number): boolean {
  return client === leader && votes >= CLEAR_LEAD;
}
