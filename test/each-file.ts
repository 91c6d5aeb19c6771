/** Files share a process: what the clock of one did to the ids of all ends with it. */
import { afterAll } from 'vitest';
import { ownChance } from '../src/platform/clock.ts';

afterAll(() => ownChance());
