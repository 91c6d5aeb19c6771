/** What the keyboard can do. */
import { Dialog } from '../ui/overlays.tsx';
import { PALETTE_KEYS, SHORTCUTS, useSingleKeys } from './keys.ts';

export function Shortcuts({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [on] = useSingleKeys();
  return (
    <Dialog title="Keyboard shortcuts" open={open} onClose={onClose}>
      {!on && <p>They are switched off, all but {PALETTE_KEYS}. The menu of your account switches them on.</p>}
      <dl className="shortcuts">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>{does}</dt>
            <dd>
              {keys.split(' ').map((one, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
                <span key={index}>{one === '·' ? ' or ' : <kbd>{one}</kbd>}</span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
