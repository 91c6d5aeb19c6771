/** Which parts of a shop a process runs, as its command line says, and what they need from outside. */
import { ConfigError, type Settings, settingsOf } from './config.ts';
import { databaseUrl, TARGETS, type Target } from './shop.ts';

/** `--target=…` and the flags that are settings. Throws a ConfigError for a target that is none. */
export function readTargets(args: readonly string[]): { targets: Target[]; flags: string[] } {
  const named = args.filter((argument) => argument.startsWith('--target='));
  const flags = args.filter((argument) => !argument.startsWith('--target='));
  const names = named.flatMap((argument) => argument.slice('--target='.length).split(',')).filter(Boolean);
  if (named.length === 0 || names.includes('all')) return { targets: [...TARGETS], flags };
  const unknown = names.filter((name) => !TARGETS.includes(name as Target));
  if (unknown.length > 0 || names.length === 0) {
    const wrong =
      unknown.length > 0 ? `${unknown.join(', ')} ${unknown.length > 1 ? 'are' : 'is'} no target` : 'no target given';
    throw new ConfigError([`--target: ${wrong}; there are all, ${TARGETS.join(', ')}`]);
  }
  return { targets: [...new Set(names as Target[])], flags };
}

/** A part of a shop cannot bring its own broker or database: the other parts would not find them. */
export function requireOutside(settings: Settings, targets: readonly Target[]): void {
  const mistakes: string[] = [];
  const rooms = targets.filter((target) => target !== 'gateway');
  if (rooms.length > 0 && !settings.AMQP_URL) {
    mistakes.push(
      `AMQP_URL is needed for --target=${targets.join(',')}: the rooms of other processes are reached through RabbitMQ`,
    );
  }
  for (const room of rooms) {
    if (databaseUrl(settings, room)) continue;
    mistakes.push(`DATABASE_URL or ${settingsOf(room).database} is needed for --target=${room}`);
  }
  if (rooms.includes('notifications') && !settings.SMTP_URL) {
    mistakes.push('SMTP_URL is needed for --target=notifications');
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
}
