/** Whom access-table.ts speaks of, and the rules it knows. */
import type { Asked, Things, World } from './access-world.ts';

/** One who comes with a request; an auditor is another room. The last three bring a token that proves nothing. */
export const ROLES = [
  'nobody',
  'guest',
  'ann',
  'ben',
  'closed account',
  'admin',
  'auditor',
  'expired token',
  'garbage token',
  'token with its role changed',
] as const;
export type Role = (typeof ROLES)[number];
/** `nowhere`: an id that nothing has. */
export const OWNERS = ['ann', 'ben', 'guest', 'closed account', 'nowhere'] as const;
export type Owner = (typeof OWNERS)[number];

/** What may come of it for each role, for a thing of the owner: `yes`, or the refusal. */
export type Rule = (role: Role, owner: Owner) => 'yes' | 401 | 403 | 404;

/** What is there for everyone. */
export const anyone: Rule = () => 'yes';
/** Guests buy too; whose account is closed does not go on buying with it. */
export const shoppers: Rule = (role) => (role === 'closed account' ? 401 : 'yes');
/** What only the shop's own people do. */
export const admins: Rule = (role) => (role === 'admin' ? 'yes' : isKnown(role) ? 403 : 401);
/** What rooms tell each other, so that their books can be compared. */
export const auditors: Rule = (role) => (role === 'auditor' ? 'yes' : admins(role, 'nowhere'));
/** What everyone with an account has of their own; an admin's is another. */
export const everyAccount: Rule = (role) => (isSomebody(role) ? 'yes' : refused(role));
/** An account and what is in it: its own, and the admins'. To all others it does not exist; once closed, to nobody. */
export const ownAccount: Rule = (role, owner) => {
  if (!isSomebody(role)) return refused(role);
  return (owner === 'ann' || owner === 'ben') && (role === owner || role === 'admin') ? 'yes' : 404;
};
/** A cart is nobody else's business, not even an admin's. */
export const onlyOwner: Rule = (role, owner) => (role === 'admin' ? 404 : ownAccount(role, owner));
/** An order: its customer, a guest with its key, an admin. To all others it does not exist. */
export const ownOrder: Rule = (role, owner) =>
  owner !== 'nowhere' && (role === owner || role === 'admin') ? 'yes' : 404;
/** Whoever closes an account says their own password first, whatever there is to close. */
export const closing: Rule = (role, owner) => (role === 'admin' ? 'yes' : ownAccount(role, owner));
/** One who was there, and is no more, is told so about oneself. */
export const oneself: Rule = (role) => (isSomebody(role) ? (role === 'closed account' ? 404 : 'yes') : refused(role));

const isKnown = (role: Role) => role !== 'nobody' && role !== 'guest';
const isSomebody = (role: Role) => isKnown(role) && role !== 'auditor';
/** Of whoever has no account. */
const refused = (role: Role) => (role === 'auditor' ? 403 : 401);

export interface Row {
  rule: Rule;
  /** Statuses and problems that say: whoever it was, they might. */
  yes: readonly (number | string)[];
  /** A request that is right in all but, perhaps, who asks. Makes what it needs. */
  ask: (of: Things, world: World) => Asked | Promise<Asked>;
  /** Whether there is one for each owner. */
  owned?: boolean;
}

export const row = (
  rule: Rule,
  yes: number | string | readonly (number | string)[],
  ask: Row['ask'] = () => ({}),
): Row => ({
  rule,
  yes: [yes].flat(),
  ask,
});
export const ofAccount = (
  yes: Parameters<typeof row>[1],
  more: (of: Things, world: World) => Asked | Promise<Asked> = () => ({}),
): Row => ({
  ...row(ownAccount, yes, async (of, world) => {
    const { params, ...asked } = await more(of, world);
    return { ...asked, params: { id: of.customer, ...params } };
  }),
  owned: true,
});
export const ofOrder = (yes: Parameters<typeof row>[1], body?: object): Row => ({
  ...row(ownOrder, yes, (of) => ({ params: { id: of.order }, ...(body && { body }) })),
  owned: true,
});
