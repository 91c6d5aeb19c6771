/** The path of a Chromium; '' where there is none. */
export function findBrowser(): Promise<string>;
