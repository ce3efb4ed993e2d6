/** The contract of every modality, on the embedded models and what people send to them. */
import { describe, expect, it } from 'vitest';
import { EMBEDDED_MODELS, MODALITIES, ROOT, TASKS } from '../../src/cli/compose.ts';
import type { Modality, ModalityContext } from '../../src/core/modality/modality.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { writeNpy } from '../../src/modalities/arrays/npy.ts';
import audio from '../../src/modalities/audio/modality.ts';
import series from '../../src/modalities/series/modality.ts';
import tabular from '../../src/modalities/tabular/modality.ts';
import tensor from '../../src/modalities/tensor/modality.ts';
import text from '../../src/modalities/text/text.ts';
import { openModelFile } from '../../src/node/open-model-file.ts';
import { type ModalityCase, testModality } from '../../src/testing/modality-contract.ts';
import { DAY, npy, PENGUIN, PENGUIN_HEAD, PENGUIN_ROW, tone } from '../support/data-requests.ts';
import { inputFact, twoClasses } from '../support/facts.ts';

const bytesOf = (content: string): Uint8Array => new TextEncoder().encode(content);

/** A body for an embedded model. */
function body(name: string, model: string, mediaType: string, content: string | Uint8Array): ModalityCase {
  const context = async (): Promise<ModalityContext> => {
    const opened = await openModelFile(model, {
      embedded: { folders: EMBEDDED_MODELS, root: ROOT },
      forms: TASKS.forms,
    });
    return (await MODALITIES.use(opened)).context;
  };
  return { name, mediaType, context, bytes: typeof content === 'string' ? bytesOf(content) : content };
}

const inputs = [inputFact('x', 'tensor', 'NC', ['N', 3])];
const output = twoClasses('y');
const vector: ModalityContext = {
  inputs,
  description: { inputs, outputs: [output], explained: output, doubts: [] },
  files: { read: async () => undefined },
};

const CASES: readonly (readonly [Modality, readonly ModalityCase[]])[] = [
  [
    text as Modality,
    [
      body('a sentence', 'movie_reviews', 'text/plain', 'A warm, funny film.'),
      body('one word', 'movie_reviews', 'text/plain; charset=utf-8', 'good'),
      body('two texts in JSON', 'movie_reviews', 'application/json', '["good", "dull and long"]'),
    ],
  ],
  [
    tabular as Modality,
    [
      body('two rows of CSV', 'penguins', 'text/csv', `${PENGUIN_HEAD}\n${PENGUIN_ROW}\n${PENGUIN_ROW}\n`),
      body('an object', 'penguins', 'application/json', JSON.stringify(PENGUIN)),
      body('an array', 'penguins', 'application/x-npy', npy([1, 6], [0, 46.1, 13.2, 211, 4500, 1])),
    ],
  ],
  [
    series as Modality,
    [
      body('a column', 'italy_power', 'text/csv', `demand\n${DAY.join('\n')}\n`),
      body('a list', 'italy_power', 'application/json', JSON.stringify(DAY)),
      body('an array', 'italy_power', 'application/x-npy', npy([24], DAY)),
    ],
  ],
  [
    audio as Modality,
    [
      body('a clip as long as the model takes', 'speech_digits', 'audio/wav', tone(8000)),
      body('a short clip', 'speech_digits', 'audio/wav', tone(900)),
    ],
  ],
  [
    tensor as Modality,
    [
      {
        name: 'two rows',
        mediaType: 'application/x-npy',
        bytes: writeNpy(float32([2, 3], [1, 2, 3, 4, 5, 6])),
        context: () => vector,
      },
    ],
  ],
];

for (const [modality, cases] of CASES) testModality(modality, cases, { describe, it });

describe('the contract of modalities', () => {
  it('is tried on every modality that comes with the project', () => {
    expect(CASES.map(([{ id }]) => id).sort()).toEqual([...MODALITIES.ids].sort());
  });

  const first = CASES[1]?.[1][0] as ModalityCase;
  /** Reasons of the tests that fail for a modality. */
  const failures = async (modality: Modality): Promise<string[]> => {
    const tests: [string, () => Promise<void>][] = [];
    const runner = {
      describe: (_: string, register: () => void) => register(),
      it: (title: string, test: () => Promise<void>) => tests.push([title, test]),
    };
    testModality(modality, [first], runner);
    const failed = await Promise.all(
      tests.map(([title, test]) =>
        test().then(
          () => '',
          () => title.replace(/: .*/, ''),
        ),
      ),
    );
    return failed.filter(Boolean);
  };

  it.each<[what: string, promise: RegExp, change: Partial<Modality>]>([
    ['evidence above 1', /^recognises the model/, { recognise: () => 2 }],
    ['another media type', /^takes the media type/, { accepts: { mediaTypes: ['text/other'], extensions: [] } }],
    ['an absence that takes any name', /^refuses an absence/, { absent: (given) => given.inputs }],
    ['a sum that is not zero for zeros', /^folds/, { fold: (_, { list }) => new Float64Array(list.length).fill(1) }],
    ['drawings that differ', /^draws in every format/, { draw: () => String(Math.random()) }],
  ])('names the promise that a modality breaks: %s', async (_, promise, change) => {
    expect(await failures({ ...(tabular as Modality), ...change })).toEqual([expect.stringMatching(promise)]);
  });
});
