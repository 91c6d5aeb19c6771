/** The page's name in tab and history, and the shop's. */
import { useEffect } from 'react';

export const SHOP_NAME = document.querySelector<HTMLMetaElement>('meta[name="application-name"]')?.content ?? 'Shop';

export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · ${SHOP_NAME}` : SHOP_NAME;
  }, [title]);
}

/** For those who cannot see that what they had in hand is gone: back to the top of the page. */
export function focusHeading(): void {
  requestAnimationFrame(() => {
    const heading = document.querySelector<HTMLElement>('main h1');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
  });
}
