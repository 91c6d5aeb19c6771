/** What a menu's button opens, in a landmark of its own: nothing on the page stands outside of one. */
import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';

export interface MenuBoxProps {
  label: string;
  side?: 'top' | 'bottom';
  align?: 'start' | 'end';
  children: ReactNode;
}

export function MenuBox({ label, side = 'bottom', align = 'end', children }: MenuBoxProps) {
  return (
    <Menu.Portal render={<section aria-label={label} />}>
      <Menu.Positioner className="positioner" side={side} align={align} sideOffset={6}>
        <Menu.Popup className="menu">{children}</Menu.Popup>
      </Menu.Positioner>
    </Menu.Portal>
  );
}
