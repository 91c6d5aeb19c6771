/**
 * Turns requests for a new password into mails. Away from the request, so that its answer takes the same time whether or
 * not there is an account; in one transaction with the token, so that a link in a mail is always good.
 */
import { PasswordResetRequested } from '../../contracts/customers.ts';
import type { Database } from '../../platform/database.ts';
import { digestOf, newSecret } from './login.ts';
import { findByEmails, insertResets, takeResetRequests } from './store-sessions.ts';

const BATCH = 256;
const GOOD_FOR_MS = 60 * 60_000;
/** Links an hour for one account: enough for whoever waits for a slow mail, too few to be a nuisance. */
const MOST_AN_HOUR = 3;

/** Works off what is asked for; true when there may be more. */
export function sendResets(db: Database): Promise<boolean> {
  return db.transaction(async (tx) => {
    const requests = await takeResetRequests(tx, BATCH);
    const traces = new Map(requests.map(({ email, traceparent }) => [email, traceparent]));
    const since = new Date(tx.now.getTime() - GOOD_FOR_MS);
    const until = new Date(tx.now.getTime() + GOOD_FOR_MS);
    const accounts = traces.size === 0 ? [] : await findByEmails(tx, [...traces.keys()], since);
    const resets = accounts
      .filter(({ recent }) => recent < MOST_AN_HOUR)
      .map(({ id, email, name }) => ({ customer_id: id, email, name, token: newSecret() }));
    if (resets.length > 0) {
      insertResets(
        tx,
        resets.map(({ customer_id, token }) => ({ customer_id, digest: digestOf(token) })),
        until,
      );
    }
    for (const { customer_id: id, email, name, token } of resets) {
      const cause = { traceparent: traces.get(email) ?? null };
      tx.send(PasswordResetRequested, { id, email, name, token, expires_at: until.toISOString() }, cause);
    }
    return requests.length === BATCH;
  });
}
