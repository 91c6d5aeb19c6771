/** The services of the shop, by their names. */
export const SERVICES = ['catalog', 'inventory', 'orders', 'payments', 'customers', 'notifications'] as const;
export type ServiceName = (typeof SERVICES)[number];
