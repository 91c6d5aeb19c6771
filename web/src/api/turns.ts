/**
 * Work that the tabs of one browser do one after the other. Plain HTTP away from localhost has no locks; there the shop's
 * own rules stand alone (a refresh cookie may be used twice within seconds, a key orders once, a cart has a version).
 */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request(`tradewind.${name}`, work) : work();
}
