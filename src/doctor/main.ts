/** `npm run doctor`: what is wrong with an installation, and how to mend it. It changes nothing. */
import { ConfigError, processSettings, secretsOf } from '../config.ts';
import type { ServiceName } from '../contracts/registry.ts';
import { TARGETS } from '../shop.ts';
import { readTargets, requireOutside } from '../targets.ts';
import { contradictions } from './contradictions.ts';
import { databaseChecks } from './databases.ts';
import type { Finding } from './finding.ts';
import { fail, lookAt, scrubbed, told } from './finding.ts';
import { portCheck } from './ports.ts';
import { nodeFinding, surroundings } from './surroundings.ts';

const USAGE = `npm run doctor -- [--json] [--target=…] [--setting=value …]: looks at what a shop needs, running or not; it changes nothing

  --json      what was found as JSON
  --target    of which parts, as for npm start; all of them unless given

✓ is well, ! should be looked at, ✗ must be mended: then it ends with 1, else with 0. Settings as of npm start.`;

async function examine(args: readonly string[]): Promise<Finding[]> {
  try {
    const { targets, flags } = readTargets(args);
    const settings = processSettings(flags, ['--help', '--json', '--target']);
    if (targets.length < TARGETS.length) requireOutside(settings, targets);
    const rooms = targets.filter((target): target is ServiceName => target !== 'gateway');
    const checks = [...surroundings(settings, targets), ...databaseChecks(settings, rooms)];
    const found = [
      ...contradictions(settings, targets),
      // Before a PostgreSQL is started for a look, on one of them.
      ...(await lookAt([portCheck(settings, targets)])),
      ...(await lookAt(checks)),
    ];
    return scrubbed(found, secretsOf(settings));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const wrong = error.mistakes.map((mistake) => fail('settings', mistake, 'npm start -- --help lists all settings.'));
    return [nodeFinding(process.versions.node), ...wrong];
  }
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) console.log(USAGE);
else {
  const findings = await examine(args.filter((argument) => argument !== '--json'));
  const well = findings.every(({ level }) => level !== 'fail');
  console.log(args.includes('--json') ? JSON.stringify({ well, findings }, null, 2) : told(findings));
  // A look that was given up may still hold a connection.
  process.exit(well ? 0 : 1);
}
