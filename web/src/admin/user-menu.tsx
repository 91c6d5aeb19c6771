/** Who is signed in; the theme, the shop, the shortcuts and whether they are heard, the way out. */
import { Menu } from '@base-ui/react/menu';
import { Link } from 'react-router';
import type { Customer } from '../../../src/contracts/customers.ts';
import { Icon } from '../ui/icon.tsx';
import { THEMES, type Theme, useTheme } from '../ui/theme.tsx';
import { useSingleKeys } from './keys.ts';
import { leave } from './leave.ts';
import { MenuBox } from './menu-box.tsx';

const THEME_WORDS: Record<Theme, string> = { system: 'As the system says', light: 'Light', dark: 'Dark' };

export function UserMenu({ me, openHelp }: { me: Customer; openHelp: () => void }) {
  const [theme, setTheme] = useTheme();
  const [singleKeys, setSingleKeys] = useSingleKeys();
  const name = me.name ?? me.email;
  return (
    <Menu.Root>
      <Menu.Trigger className="user">
        <span className="avatar" aria-hidden="true">
          {name.slice(0, 1).toUpperCase()}
        </span>
        <span className="side-words user-words">
          <span>{name}</span>
          {me.name && <span className="soft">{me.email}</span>}
        </span>
      </Menu.Trigger>
      <MenuBox label="Account" side="top" align="start">
        <Menu.LinkItem
          className="menu-item"
          closeOnClick
          render={<Link to={`/customers/${me.id}`}>Your account</Link>}
        />
        <Menu.LinkItem className="menu-item" href="/">
          To the shop
          <Icon name="external" size={15} />
        </Menu.LinkItem>
        <Menu.CheckboxItem
          className="menu-item"
          checked={singleKeys}
          onCheckedChange={(on) => setSingleKeys(on)}
          closeOnClick={false}
        >
          Keyboard shortcuts
          <Menu.CheckboxItemIndicator>
            <Icon name="check" size={15} />
          </Menu.CheckboxItemIndicator>
        </Menu.CheckboxItem>
        <Menu.Item className="menu-item" onClick={openHelp}>
          Show the shortcuts {singleKeys && <kbd>?</kbd>}
        </Menu.Item>
        <Menu.Separator className="menu-rule" />
        <Menu.Group>
          <Menu.GroupLabel className="menu-label">Theme</Menu.GroupLabel>
          <Menu.RadioGroup value={theme} onValueChange={(next: Theme) => setTheme(next)}>
            {THEMES.map((one) => (
              <Menu.RadioItem key={one} value={one} className="menu-item" closeOnClick={false}>
                {THEME_WORDS[one]}
                <Menu.RadioItemIndicator>
                  <Icon name="check" size={15} />
                </Menu.RadioItemIndicator>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Group>
        <Menu.Separator className="menu-rule" />
        <Menu.Item className="menu-item" onClick={() => void leave()}>
          Log out
          <Icon name="logout" size={15} />
        </Menu.Item>
      </MenuBox>
    </Menu.Root>
  );
}
