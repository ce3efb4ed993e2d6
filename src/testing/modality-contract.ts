/** The contract suite of modalities: what every modality promises, tried on bodies for a model of it. */

import { WhylightError } from '../core/errors.ts';
import { checkModality } from '../core/modality/check.ts';
import type { DrawFormat, Features, Modality, ModalityContext, Prepared } from '../core/modality/modality.ts';
import type { Float32Tensors } from '../core/tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../core/tensor/tensor.ts';
import type { Runner } from './contract.ts';
import { expect } from './expect.ts';

/** A body for a model of the modality that is right. */
export interface ModalityCase {
  /** Name in the titles of tests. */
  readonly name: string;
  /** Bytes of a file or of a request body. */
  readonly bytes: Uint8Array;
  /** Media type of the bytes, with parameters. */
  readonly mediaType: string;
  /** Returns what the modality may know of the model. */
  context(): ModalityContext | Promise<ModalityContext>;
}

interface Tried {
  readonly modality: Modality;
  readonly example: ModalityCase;
  readonly context: ModalityContext;
  readonly prepared: Prepared;
}

interface Promised {
  readonly title: string;
  check(tried: Tried): void | Promise<void>;
}

const FORMATS: readonly DrawFormat[] = ['svg', 'html', 'ansi'];
const MARKUP = '<script>alert(1)</script>';

const PROMISES: readonly Promised[] = [
  {
    title: 'recognises the model, with evidence between 0 and 1',
    check({ modality, context: { description } }) {
      const evidence = modality.recognise(description);
      expect(evidence > 0 && evidence <= 1, `The evidence is ${evidence}: it must lie above 0 and not above 1.`);
    },
  },
  {
    title: 'takes the media type of the body',
    check({ modality, example }) {
      const [type = ''] = example.mediaType.split(';');
      expect(modality.accepts.mediaTypes.includes(type), `"${type}" is none of accepts.mediaTypes.`);
    },
  },
  {
    title: 'gives a tensor of the right type for each input, with features and a view for each row',
    check({ context, prepared: { inputs, features, views } }) {
      expect(features.length > 0 && features.length === views.length, 'There must be features and a view for a row.');
      for (const { name, dtype, role, batchAxis } of context.inputs) {
        const given = inputs[name];
        if (role.value !== 'explained' && !given) continue;
        expect(given !== undefined, `There is no tensor for the input "${name}".`);
        expect(given.dtype === dtype, `"${name}" is ${given.dtype}, but the model takes ${dtype}.`);
        const rows = batchAxis.value === null ? features.length : given.dims[batchAxis.value];
        expect(rows === features.length, `"${name}" has ${rows} rows, but ${features.length} have features.`);
      }
    },
  },
  {
    title: 'has features with names, each of them somewhere in the input',
    check({ prepared }) {
      for (const { list, mask, groups = [] } of prepared.features) {
        const named = JSON.parse(JSON.stringify(list)) as typeof list;
        expect(JSON.stringify(named) === JSON.stringify(list), 'Something in the features is lost in JSON.');
        const nameless = list.findIndex(({ name }) => name === '');
        expect(list.length > 0 && nameless < 0, `Feature ${nameless} has no name, or there are none.`);
        const grouped = list.find(({ group }) => group !== undefined && groups.length > 0 && !groups[group]);
        expect(!grouped, `The group of ${JSON.stringify(grouped)} has no name.`);
        const seen = new Set(Object.values(mask).flatMap((indices) => [...indices]));
        const wrong = [...seen].find((index) => index < -1 || index >= list.length);
        expect(wrong === undefined, `The mask names feature ${wrong}, but there are ${list.length}.`);
        const nowhere = list.find((_, index) => !seen.has(index));
        expect(!nowhere, `No element of the input belongs to ${JSON.stringify(nowhere)}.`);
      }
    },
  },
  {
    title: 'has a mask with an entry for each element of a row',
    check({ prepared }) {
      const [features] = prepared.features;
      for (const [name, mask] of Object.entries(features?.mask ?? {})) {
        const size = sizeOf(prepared.inputs[name]?.dims ?? []) / prepared.features.length;
        expect(mask.length === size, `The mask of "${name}" has ${mask.length} entries for ${size} elements.`);
      }
    },
  },
  {
    title: 'prepares the same bytes alike, and leaves them as they were',
    async check({ modality, example, context, prepared }) {
      const bytes = example.bytes.slice();
      const again = await prepareCase(modality, { ...example, bytes }, context);
      expect(`${bytes}` === `${example.bytes}`, 'The bytes were changed.');
      expect(snapshot(again) === snapshot(prepared), 'A second call gave other tensors or features.');
    },
  },
  {
    title: 'makes inputs of the same type and row shape where every feature is absent',
    async check({ modality, context, prepared }) {
      const absent = await modality.absent(prepared, 0, context);
      for (const { name, role, batchAxis } of context.inputs) {
        const [given, own] = [absent[name], prepared.inputs[name]];
        if (role.value !== 'explained' || !own) continue;
        expect(given !== undefined, `There is no tensor for the input "${name}".`);
        const shape = ({ dtype, dims }: Tensor): string => `${dtype} ${dims.filter((_, i) => i !== batchAxis.value)}`;
        expect(shape(given) === shape(own), `"${name}" is ${shape(given)} where absent, else ${shape(own)}.`);
      }
    },
  },
  {
    title: 'refuses an absence that it does not know, with an error that says so',
    check: ({ modality, context, prepared }) =>
      refuses(async () => modality.absent(prepared, 0, context, 'no absence is called this')),
  },
  {
    title: 'refuses bytes that are none of its formats, with an error that says so',
    check: async ({ modality, example, context }) => {
      for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0x10)]) {
        await refuses(async () => prepareCase(modality, { ...example, bytes }, context));
      }
    },
  },
  {
    title: 'folds an attribution into one number for each feature, nothing into zeros',
    check({ modality, prepared }) {
      const [features] = prepared.features as [Features];
      const folded = modality.fold(attribution(features, 1), features);
      expect(folded.length === features.list.length, `${folded.length} numbers for ${features.list.length} features.`);
      expect(folded.every(Number.isFinite), 'A number is not finite.');
      const zeros = modality.fold(attribution(features, 0), features);
      expect(
        zeros.every((value) => value === 0),
        'An attribution of zeros is folded into other numbers.',
      );
    },
  },
  {
    title: 'draws in every format, the same each time, without markup from names',
    check({ modality, prepared }) {
      const [features] = prepared.features as [Features];
      const values = features.list.map((_, i) => (i % 2 === 0 ? 1 + i : -i));
      const elements = attribution(features, 1);
      const drawing = { view: prepared.views[0], features, values, elements, title: MARKUP, signed: true };
      for (const format of FORMATS) {
        const drawn = modality.draw(drawing, format);
        expect(drawn.length > 0 && drawn === modality.draw(drawing, format), `Two drawings as ${format} differ.`);
        if (format !== 'ansi') expect(!drawn.includes(MARKUP), `The title stands as markup in ${format}.`);
        if (format === 'svg') expect(/^<svg [^>]*xmlns=/.test(drawn), 'The drawing is no SVG document.');
      }
    },
  },
];

/**
 * Registers one test for each promise of the modality contract and each body.
 * @param modality default export of the modality's module
 * @param cases bodies that are right, each for a model of the modality
 * @param runner `{ describe, it }` of the test runner
 *
 * @example
 * import { describe, it } from 'vitest';
 * import { testModality } from 'whylight/testing';
 * testModality(genes, [{ name: 'one cell', mediaType: 'text/csv', bytes, context: () => context }], { describe, it });
 * @see docs/plugins.md
 */
export function testModality(
  modality: Modality,
  cases: readonly ModalityCase[],
  { describe, it }: Pick<Runner, 'describe' | 'it'>,
): void {
  describe(`the modality ${modality.id}`, () => {
    it('has every member of the contract, and a summary that is a sentence', async () => {
      checkModality(modality);
      expect(modality.about.title.length > 0 && modality.about.summary.endsWith('.'), 'Title or summary is missing.');
    });
    for (const example of cases) {
      for (const { title, check } of PROMISES) {
        it(`${title}: ${example.name}`, async () => {
          const context = await example.context();
          await check({ modality, example, context, prepared: await prepareCase(modality, example, context) });
        });
      }
    }
  });
}

const prepareCase = async (
  modality: Modality,
  { bytes, mediaType }: ModalityCase,
  context: ModalityContext,
): Promise<Prepared> => modality.prepare(await modality.decode(bytes, mediaType, context), context);

/** @throws Error unless `act` throws a `WhylightError` with a message */
async function refuses(act: () => Promise<unknown>): Promise<void> {
  let raised: unknown;
  try {
    await act();
  } catch (error) {
    raised = error;
  }
  expect(WhylightError.is(raised) && raised.message.length > 0, `A WhylightError was expected, not ${String(raised)}.`);
}

const snapshot = ({ inputs, features, notices }: Prepared): string =>
  JSON.stringify([
    Object.entries(inputs).map(([name, { dtype, dims, data }]) => [name, dtype, dims, Array.from(data, String)]),
    features.map(({ list, mask }) => [list, Object.entries(mask).map(([name, own]) => [name, [...own]])]),
    notices,
  ]);

/** An attribution with this value at every element that has an entry in the mask, one row by input name. */
const attribution = ({ mask }: Features, value: number): Float32Tensors =>
  Object.fromEntries(
    Object.entries(mask).map(([name, { length }]) => [
      name,
      float32([1, length], new Float32Array(length).fill(value)),
    ]),
  );
