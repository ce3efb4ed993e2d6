/**
 * Check of the capacity model of docs/scale.md against a simulation: `npm run bench:capacity`; {@link HELP} lists the options.
 *
 * A simulation, event by event, of locations with isolates that do one thing at a time, caches, and a pool of origins with a
 * line, next to what the formulas say. Nothing here measures a clock: the same seed prints the same figures anywhere.
 */
import { type Load, predict, simulate } from './support/capacity.ts';
import { flagsOf } from './support/flags.ts';

const HELP = `A simulation of edge and origins, next to the formulas of docs/scale.md.

usage: npm run bench:capacity -- [options]

  --rate n         explanations a second, everywhere together (default: 200)
  --hits n         share of them that the cache answers (default: 0.6)
  --heavy n        share of the others that goes to an origin (default: 0.1)
  --isolates n     isolates, all locations together (default: 40)
  --edge-ms n      milliseconds of an explanation in an isolate (default: 120)
  --hit-ms n       milliseconds of a hit (default: 2)
  --origins n      runs that the origins do at once (default: 8)
  --origin-ms n    milliseconds of a heavy run (default: 700)
  --line n         heavy runs that may wait (default: 64)
  --seconds n      simulated (default: 2000)
  --seed n         (default: 1)
  --help           this text

Without options it also goes through loads from light to too much.`;

const { values } = flagsOf(HELP, {
  rate: { type: 'string' },
  hits: { type: 'string', default: '0.6' },
  heavy: { type: 'string', default: '0.1' },
  isolates: { type: 'string', default: '40' },
  'edge-ms': { type: 'string', default: '120' },
  'hit-ms': { type: 'string', default: '2' },
  origins: { type: 'string', default: '8' },
  'origin-ms': { type: 'string', default: '700' },
  line: { type: 'string', default: '64' },
  seconds: { type: 'string', default: '2000' },
  seed: { type: 'string', default: '1' },
});

const loadOf = (rate: number): Load => ({
  rate,
  hits: Number(values.hits),
  heavy: Number(values.heavy),
  isolates: Number(values.isolates),
  edgeMs: Number(values['edge-ms']),
  hitMs: Number(values['hit-ms']),
  origins: Number(values.origins),
  originMs: Number(values['origin-ms']),
  line: Number(values.line),
});
const rates = values.rate === undefined ? [50, 100, 200, 300, 400, 600] : [Number(values.rate)];
console.log('  a second   isolates busy      wait there, ms     origins busy       wait there, ms      turned away');
console.log('             formula   seen     formula   seen     formula   seen     formula   seen      formula   seen');
for (const rate of rates) {
  const [formula, seen] = [predict(loadOf(rate)), simulate(loadOf(rate), Number(values.seconds), Number(values.seed))];
  const pair = (a: number, b: number, digits: number) =>
    `${a.toFixed(digits).padStart(8)} ${b.toFixed(digits).padStart(8)}  `;
  console.log(
    `${String(rate).padStart(10)}  `,
    pair(formula.isolatesBusy, seen.isolatesBusy, 2),
    pair(formula.isolateWaitMs, seen.isolateWaitMs, 1),
    pair(formula.originsBusy, seen.originsBusy, 2),
    pair(formula.originWaitMs, seen.originWaitMs, 0),
    pair(formula.turnedAway, seen.turnedAway, 3),
  );
}
