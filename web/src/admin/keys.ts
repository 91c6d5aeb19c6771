/**
 * The keyboard of the whole admin, heard in one place: never while somebody types or a dialog is open. Rows are moved
 * through by focus itself, so that screen readers and the eye are always at the same row. Who speaks to the computer, or
 * hits keys by mistake, switches the single keys off (WCAG 2.1.4).
 */
import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { stored, useStored } from '../api/stored.ts';
import { SECTIONS } from './nav.ts';

export const PALETTE_KEYS = /Mac|iPad|iPhone/.test(navigator.platform) ? '⌘ K' : 'Ctrl K';

export const SHORTCUTS: readonly { keys: string; does: string }[] = [
  { keys: PALETTE_KEYS, does: 'Find a page, order, product or customer' },
  { keys: '/', does: 'Search this list' },
  { keys: 'j · k', does: 'Next and previous row' },
  { keys: 'Enter', does: 'Open the row' },
  { keys: 'x', does: 'Select the row' },
  { keys: 'n', does: 'Add something new, where that is possible' },
  ...SECTIONS.map(({ key, label }) => ({ keys: `g ${key}`, does: `Go to ${label}` })),
  { keys: '?', does: 'Show this list' },
];

const single = stored('tradewind.shortcuts', true, (value) => (typeof value === 'boolean' ? value : undefined));

export function useSingleKeys(): [on: boolean, set: (on: boolean) => void] {
  return [useStored(single), single.set];
}

const SEQUENCE_MS = 1_200;
const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';
// Not by their roles: a toast has that of a dialog and takes no keys.
const OVERLAYS = '.dialog, .drawer, .side-drawer, .palette, .menu';

export interface Openers {
  openPalette: () => void;
  openHelp: () => void;
}

export function useKeys({ openPalette, openHelp }: Openers): void {
  const navigate = useNavigate();
  useEffect(() => {
    let going = 0;
    const actions: Record<string, () => void> = {
      '/': () => document.querySelector<HTMLInputElement>('[data-search]')?.focus(),
      '?': openHelp,
      j: () => moveRow(1),
      k: () => moveRow(-1),
      x: selectRow,
      n: () => document.querySelector<HTMLElement>('[data-new]')?.click(),
    };
    const hear = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        // Even where it does nothing here: the browser would open its own search.
        event.preventDefault();
        if (!isCovered()) openPalette();
        return;
      }
      if (!single.get() || isBusy(event)) return;
      const section = event.timeStamp < going ? SECTIONS.find(({ key }) => key === event.key) : undefined;
      going = event.key === 'g' ? event.timeStamp + SEQUENCE_MS : 0;
      const action = section ? () => navigate(section.to) : actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, [navigate, openPalette, openHelp]);
}

const isCovered = () => document.querySelector(OVERLAYS) !== null;

function isBusy({ ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  return (target instanceof Element && target.closest(TYPING) !== null) || isCovered();
}

const rows = () => [...document.querySelectorAll<HTMLElement>('main [data-row]')];
const currentRow = () => document.activeElement?.closest<HTMLElement>('[data-row]') ?? undefined;

function moveRow(by: 1 | -1): void {
  const all = rows();
  const current = currentRow();
  const next = current ? all[all.indexOf(current) + by] : all.at(by === 1 ? 0 : -1);
  next?.querySelector<HTMLElement>('.row-link')?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function selectRow(): void {
  currentRow()?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
}
