/** `npm run order`: one order from the command line, followed live. What it does is in follow.ts. */
import { portOf, processSettings } from './config.ts';
import { follow, OrderFault, readWish, type Screen, USAGE, UsageFault } from './follow.ts';

function terminal(): Screen {
  const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
  const sgr = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { print: (line) => console.log(line), bold: sgr(1), dim: sgr(2), good: sgr(32), bad: sgr(31) };
}

try {
  const port = portOf(processSettings([]), 'PORT_GATEWAY');
  const wish = readWish(process.argv.slice(2), `http://localhost:${port}`);
  if (wish === 'help') console.log(USAGE);
  else process.exitCode = (await follow(wish, terminal())) ? 0 : 1;
} catch (error) {
  if (!(error instanceof OrderFault)) throw error;
  const usage = error instanceof UsageFault;
  console.error(usage ? `${error.message}; --help shows the usage` : error.message);
  process.exitCode = usage ? 2 : 1;
}
