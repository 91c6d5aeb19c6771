/** Filters by one thing that is found by typing: a product, a customer. */
import { Combobox } from '@base-ui/react/combobox';
import { useState } from 'react';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { useSettled } from '../settled.ts';

export interface Choosable {
  id: string;
  label: string;
  about: string;
}

export interface FinderProps {
  label: string;
  icon: IconName;
  /** Reads what has these words; empty words: nothing, or a first few. */
  use: (words: string) => { data: Choosable[] | undefined; isError: boolean };
  onChoose: (id: string) => void;
}

export function Finder({ label, icon, use, onChoose }: FinderProps) {
  const [text, setText] = useState('');
  const { data = [], isError } = use(useSettled(text.trim(), 140));
  return (
    <Combobox.Root
      items={data}
      filter={null}
      value={null}
      inputValue={text}
      onInputValueChange={setText}
      itemToStringLabel={(item: Choosable) => item.label}
      onValueChange={(item: Choosable | null) => item && onChoose(item.id)}
      autoHighlight
    >
      <Combobox.Trigger className="button plain" aria-label={label}>
        <Icon name={icon} size={15} />
        {label}
      </Combobox.Trigger>
      <Combobox.Portal>
        <Combobox.Positioner className="positioner" align="start" sideOffset={6}>
          <Combobox.Popup className="menu finder" aria-label={label}>
            <Combobox.Input className="input" placeholder="Type a name…" aria-label={`Find: ${label}`} />
            <Combobox.Empty className="palette-note">
              {isError ? 'Cannot be searched right now.' : text.trim() === '' ? '' : 'Nothing has these words in it.'}
            </Combobox.Empty>
            <Combobox.List>
              {(item: Choosable) => (
                <Combobox.Item key={item.id} value={item} className="menu-item">
                  <span className="palette-label">{item.label}</span>
                  <span className="soft">{item.about}</span>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
