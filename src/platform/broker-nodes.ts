/** The nodes of a RabbitMQ cluster, as `AMQP_URL` names them: one address, or several with commas. */

/** What the library needs to find any of them: a login, and who can be asked. */
export interface BrokerNodes {
  url: string;
  hosts?: string[];
}

/** A comma may be in a password: an address begins with its scheme. */
export const addressesIn = (text: string): string[] => text.split(/\s*,\s*(?=amqps?:\/\/)/);

/** In another order for each process: their connections spread over the nodes, also when one of them is away. */
export function nodesOf(text: string): BrokerNodes {
  const addresses = addressesIn(text);
  const url = addresses[0] as string;
  if (addresses.length === 1) return { url };
  const drawn = addresses.map((one) => ({ host: new URL(one).host, lot: Math.random() }));
  return { url, hosts: drawn.sort((a, b) => a.lot - b.lot).map(({ host }) => host) };
}
