/** Clients, sessions and accounts as the people who read pages may see them: by name, by fingerprint, or not at all. */
import { UNKNOWN_CLIENT } from "../extraction/client-fingerprint.ts";
import { UNKNOWN_SESSION, UNKNOWN_USER } from "../extraction/user-fingerprint.ts";
import type { ClientFailures, SuccessAfterFailures } from "./alert.ts";
import type { ListedSuccess } from "./patterns/success-after-failures.ts";
import type { Takeover } from "./takeover/sign-in-watch.ts";

/** How people see each; null when they are not to. */
export type ShownNames = {
  readonly client: (client: number) => string | null;
  readonly user: (user: number) => string | null;
  readonly session: (session: number) => string | null;
};

/** Without those whom nobody is to see. */
export function shownClients(
  list: readonly { readonly client: number; readonly failures: number }[],
  shown: ShownNames,
): readonly ClientFailures[] {
  return list.flatMap(({ client, failures }) => {
    const name = shown.client(client);
    return name === null ? [] : [{ client: name, failures }];
  });
}

export function describeListed({ client, ...facts }: ListedSuccess, shown: ShownNames): SuccessAfterFailures {
  const unnamed = { session: null, account: null, accounts: null, clients: null };
  const unknown = { failedFrom: null, failedUntil: null, failure: null };
  return { client: shown.client(client), ...unnamed, ...unknown, ...facts };
}

export function describeTakeover(takeover: Takeover, shown: ShownNames): SuccessAfterFailures {
  const { accounts, client, clients, session, user } = takeover;
  const { failedFrom, failedUntil, failure, failures, succeededAt, success } = takeover;
  return {
    client: client === UNKNOWN_CLIENT ? null : shown.client(client),
    session: session === UNKNOWN_SESSION ? null : shown.session(session),
    account: user === UNKNOWN_USER ? null : shown.user(user),
    ...{ accounts, clients, failedFrom, failedUntil, failure, failures, succeededAt, success },
  };
}
