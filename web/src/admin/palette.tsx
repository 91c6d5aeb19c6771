/** Everything by its name: pages at once, orders, products and customers as one types. A room that is away is told of. */
import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { Icon } from '../ui/icon.tsx';
import { type Found, useFound } from './find.ts';
import { PLACES, SECTIONS } from './nav.ts';
import { useSettled } from './settled.ts';

const PAGES: Found[] = [...SECTIONS, ...PLACES].map(({ to, label, icon }) => ({ to, label, icon, about: '' }));

const pagesFor = (words: string) => {
  const all = words.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = PAGES.filter(({ label }) => all.every((word) => label.toLowerCase().includes(word)));
  return words === '' ? SECTIONS.map(({ to, label, icon }) => ({ to, label, icon, about: '' })) : fitting;
};

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="palette" aria-label="Find anything">
          <Search onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Search({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const words = useSettled(text.trim(), 140);
  const { groups, away, busy } = useFound(words);
  const shown = [{ name: 'Pages', items: pagesFor(text.trim()) }, ...groups].filter(({ items }) => items.length > 0);
  const go = (item: Found) => {
    onClose();
    navigate(item.to);
  };
  return (
    <Autocomplete.Root
      items={shown}
      value={text}
      onValueChange={setText}
      itemToStringValue={(item: Found) => item.label}
      mode="none"
      open
      inline
      autoHighlight="always"
      keepHighlight
    >
      <div className="palette-top">
        <Icon name="search" size={18} />
        <Autocomplete.Input
          className="palette-input"
          placeholder="Page, order number, product, customer…"
          aria-label="Find"
        />
        {busy && <span className="spinner" />}
      </div>
      <Autocomplete.List className="palette-list">
        {(group: (typeof shown)[number]) => (
          <Autocomplete.Group key={group.name} items={group.items} className="palette-group">
            <Autocomplete.GroupLabel className="menu-label">{group.name}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(item: Found) => (
                <Autocomplete.Item key={item.to} value={item} className="menu-item" onClick={() => go(item)}>
                  <Icon name={item.icon} size={16} />
                  <span className="palette-label">{item.label}</span>
                  <span className="soft">{item.about}</span>
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      <Autocomplete.Status className="palette-note">
        {shown.length === 0 && !busy && `Nothing has “${text.trim()}” in it. `}
        {away.length > 0 && `Cannot be searched right now: ${away.join(', ')}.`}
      </Autocomplete.Status>
    </Autocomplete.Root>
  );
}
