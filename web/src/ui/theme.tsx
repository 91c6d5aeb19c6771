/** Light, dark, or as the system says. */
import { useEffect, useState } from 'react';
import { writeText } from '../api/stored.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'tradewind.theme';

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => (document.documentElement.dataset.theme as Theme) ?? 'system');
  useEffect(() => {
    if (theme === 'system') {
      delete document.documentElement.dataset.theme;
      writeText(KEY, null);
    } else {
      document.documentElement.dataset.theme = theme;
      writeText(KEY, theme);
    }
  }, [theme]);
  return [theme, setTheme];
}

export function ThemeSelect() {
  const [theme, setTheme] = useTheme();
  return (
    <label className="small-select">
      <span>Theme</span>
      <select value={theme} onChange={({ target }) => setTheme(target.value as Theme)}>
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
