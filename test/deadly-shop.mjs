// The shop as it is built, but for one bug: inventory ends the process over orders of one shopper.
import { inventory } from '../dist/src/services/inventory/service.js';

const { open } = inventory;
inventory.open = (context) => {
  const room = open(context);
  const handlers = room.handlers.map(({ events, handle }) => ({
    events,
    handle(messages, tx) {
      if (messages.some(({ data }) => data.email === 'deadly@example.com')) process.kill(process.pid, 'SIGKILL');
      return handle(messages, tx);
    },
  }));
  return { ...room, handlers };
};
await import('../dist/src/main.js');
