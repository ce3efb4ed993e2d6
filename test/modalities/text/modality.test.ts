import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Drawing, ModalityContext } from '../../../src/core/modality/modality.ts';
import type { InputFact } from '../../../src/core/model/description.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import type { TextView } from '../../../src/modalities/text/features.ts';
import { foldGroups } from '../../../src/modalities/text/fold.ts';
import text from '../../../src/modalities/text/text.ts';
import { inputFact, twoClasses } from '../../support/facts.ts';
import { bertDescription } from './small-tokenizers.ts';

const input = (name: string, role: 'explained' | 'fixed' = 'explained'): InputFact =>
  inputFact(name, 'text', 'NT', ['N', 'length'], { dtype: 'int64', role: { value: role, source: 'graph' } });

const output = twoClasses('logits');

const INPUTS = [input('input_ids'), input('attention_mask', 'fixed')];

/** A model with these files beside it; text is written as it stands, all else as JSON. */
function context(files: Record<string, unknown>, settings?: unknown): ModalityContext {
  const read = async (path: string) => {
    const content = files[path];
    if (content === undefined) return undefined;
    return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
  };
  return {
    inputs: INPUTS,
    settings,
    files: { read },
    description: { inputs: INPUTS, outputs: [output], explained: output, doubts: [] },
  };
}

const folder = (settings?: unknown) => context({ 'tokenizer.json': bertDescription }, settings);
const decode = (body: string, type = 'text/plain') =>
  text.decode(new TextEncoder().encode(body), type, folder()) as Parameters<typeof text.prepare>[0];

/** Control character that begins a code of a terminal. */
const ESCAPE = String.fromCharCode(27);

/** Drawing of a text of three words. */
async function threeWords(marks: Pick<Drawing<TextView>, 'marked' | 'found'>): Promise<Drawing<TextView>> {
  const { features, views } = await text.prepare(decode('Not bad film'), folder());
  return {
    view: views[0] as TextView,
    features: features[0] as Drawing['features'],
    values: [1, 2, 3],
    signed: true,
    ...marks,
  };
}

describe('the modality of text', () => {
  it('uses words as features, grouped by sentence', async () => {
    const { features, inputs } = await text.prepare(decode('The goodness! Not bad.\n'), folder());
    expect(features[0]?.list.map(({ name, start, group }) => [name, start, group])).toEqual([
      ['The', 0, 0],
      ['goodness', 4, 0],
      ['!', 12, 0],
      ['Not', 14, 1],
      ['bad', 18, 1],
      ['.', 21, 1],
    ]);
    expect(features[0]?.groups).toEqual(['The goodness!', 'Not bad.']);
    expect([...(features[0]?.mask.input_ids ?? [])]).toEqual([-1, 0, 1, 1, 2, 3, 4, 5, -1]);
    expect([...(inputs.input_ids?.data ?? [])].map(Number)).toEqual([2, 5, 8, 9, 12, 10, 11, 13, 3]);
  });

  it.each([
    ['tokens', ['The', 'good', 'ness', '!', 'Not', 'bad', '.']],
    ['sentences', ['The goodness!', 'Not bad.']],
  ])('uses %s as features when the manifest says so', async (features, names) => {
    const prepared = await text.prepare(decode('The goodness! Not bad.'), folder({ features }));
    expect(prepared.features[0]?.list.map(({ name }) => name)).toEqual(names);
  });

  it('sums attributions of tokens over words and sentences', async () => {
    const { features } = await text.prepare(decode('The goodness! Not bad.'), folder());
    const row = features[0] as NonNullable<(typeof features)[0]>;
    const tokens = [100, 1, 2, 4, 8, 16, 32, 64, 100];
    const words = text.fold({ input_ids: float32([1, 9], tokens) }, row);
    expect([...words]).toEqual([1, 6, 8, 16, 32, 64]);
    expect([...foldGroups(words, row)]).toEqual([15, 112]);
    const embedded = tokens.flatMap((value) => [value, -value / 2]);
    expect([...text.fold({ input_ids: float32([1, 9, 2], embedded) }, row)]).toEqual([0.5, 3, 4, 8, 16, 32]);
  });

  it('replaces words by the padding token or a requested one, and keeps everything else', async () => {
    const prepared = await text.prepare(decode('["the film", "not bad !"]', 'application/json'), folder());
    const absent = await text.absent(prepared, 0, folder());
    expect([...(absent.input_ids?.data ?? [])].map(Number)).toEqual([2, 0, 0, 3, 0]);
    expect([...(absent.attention_mask?.data ?? [])].map(Number)).toEqual([1, 1, 1, 1, 0]);
    const masked = await text.absent(prepared, 1, folder(), 'mask');
    expect([...(masked.input_ids?.data ?? [])].map(Number)).toEqual([2, 4, 4, 4, 3]);
    await expect(text.absent(prepared, 0, folder(), 'blur')).rejects.toThrow('use pad, mask, unk');
  });

  it('appends the second text of a pair, with positions in the joined text', async () => {
    const body = '{"question": "Is it good?", "context": "Yes."}';
    const { features, views } = await text.prepare(decode(body, 'application/json'), folder());
    const last = features[0]?.list.slice(-2).map(({ name, start, end }) => [name, start, end]);
    expect(views[0]?.text).toBe('Is it good?\nYes.');
    expect(last).toEqual([
      ['Yes', 12, 15],
      ['.', 15, 16],
    ]);
  });

  it('feeds the attention mask when it is described as a plain tensor, but not the mask of an image', async () => {
    const own = folder();
    const others = ['attention_mask', 'pixel_mask'].map(
      (name): InputFact => ({ ...input(name, 'fixed'), modality: { value: 'tensor', source: 'default' } }),
    );
    const inputs = [input('input_ids'), ...others];
    const described = { ...own, inputs: inputs.slice(0, 1), description: { ...own.description, inputs } };
    const prepared = await text.prepare(['the film'], described);
    expect(Object.keys(prepared.inputs)).toEqual(['input_ids', 'attention_mask']);
  });

  it('reports that a text was truncated', async () => {
    const { notices } = await text.prepare(decode('the film was not bad'), folder({ max_length: 4 }));
    expect(notices).toEqual(['The text has 7 tokens and the model takes 4: the last 3 are left out.']);
  });

  it.each([
    ['empty text', '', 'text/plain', 'no word to explain'],
    ['a body that is not JSON', 'hello', 'application/json', 'no JSON'],
    ['JSON without text', '{"texts": 1}', 'application/json', '"text"'],
    ['an empty list', '[]', 'application/json', '0 texts'],
    ['a number in a list', '["a", 1]', 'application/json', 'Row 2'],
  ])('refuses %s', async (_, body, type, message) => {
    await expect(async () => text.prepare(decode(body, type), folder())).rejects.toThrow(message);
  });

  it('refuses invalid UTF-8, and reads UTF-16 with a byte order mark', () => {
    expect(() => text.decode(Uint8Array.of(0x63, 0xe9), 'text/plain', folder())).toThrow('UTF-8');
    expect(text.decode(Uint8Array.of(0xff, 0xfe, 0x63, 0, 0xe9, 0), 'text/plain', folder())).toEqual(['cé']);
  });

  it('reads a plain vocabulary that the manifest names', async () => {
    const vocabulary = { file: 'words.txt', lowercase: true, separator: "[^\\w']+", start: '<START>' };
    const own = context({ 'words.txt': '<PAD> 0\n<START> 1\n<UNKNOWN> 2\ngood 3\n' }, { vocabulary });
    const { inputs } = await text.prepare(['Good, better'], own);
    expect([...(inputs.input_ids?.data ?? [])].map(Number)).toEqual([1, 3, 2]);
  });

  it('reads vocab.txt where there is no tokenizer.json', async () => {
    const own = context({
      'vocab.txt': '[PAD]\n[UNK]\n[CLS]\n[SEP]\nGood\n',
      'tokenizer_config.json': { do_lower_case: false },
    });
    const { inputs } = await text.prepare(['Good'], own);
    expect([...(inputs.input_ids?.data ?? [])].map(Number)).toEqual([2, 4, 3]);
  });

  it('names the setting to add when there is no tokenizer', async () => {
    await expect(async () => text.prepare(['Good'], context({}))).rejects.toThrow('text.vocabulary');
  });

  it.each([
    ['svg', /^<svg/],
    ['html', /^<figure/],
    ['ansi', /^negative, 97 %/],
  ] as const)('draws as %s, with markup of the text escaped', async (format, start) => {
    const { features, views } = await text.prepare(decode('Not <b>bad</b>!'), folder());
    const list = features[0]?.list ?? [];
    const drawing: Drawing<TextView> = {
      view: views[0] as TextView,
      features: features[0] as Drawing['features'],
      values: list.map((_, i) => i - 2),
      title: 'negative, 97 %',
      signed: true,
    };
    const drawn = text.draw(drawing, format);
    expect(drawn).toMatch(start);
    expect(stripVTControlCharacters(drawn)).toContain(format === 'ansi' ? 'Not <b>bad</b>!' : '&lt;');
    // In a terminal every sign has a colour of its own.
    expect(drawn).not.toContain('<b>');
  });

  it.each([
    ['svg', /<path d="[^"]*" stroke="#000"/g],
    ['html', /text-decoration:underline/g],
    ['ansi', new RegExp(`${ESCAPE}\\[4m`, 'g')],
  ] as const)('underlines the marked words as %s', async (format, line) => {
    const drawing = await threeWords({ marked: new Set([1, 2]) });
    expect(text.draw(drawing, format).match(line)).toHaveLength(2);
    expect(text.draw({ ...drawing, marked: new Set() }, format).match(line)).toBeNull();
  });

  it.each([
    ['svg', /stroke-dasharray="2 2"/g],
    ['html', /text-decoration:underline dotted/g],
  ] as const)('underlines the words of other predictions thinly as %s', async (format, line) => {
    const drawing = await threeWords({ marked: new Set([1]), found: new Set([1, 2]) });
    expect(text.draw(drawing, format).match(line)).toHaveLength(1);
  });

  it('removes control characters of the text in terminal output', async () => {
    const { features, views } = await text.prepare(['bad\u001b[2Jfilm'], folder());
    const drawing = {
      view: views[0] as TextView,
      features: features[0] as Drawing['features'],
      values: [0],
      signed: true,
    };
    expect(text.draw(drawing, 'ansi')).not.toContain('\u001b[2J');
  });

  it('recognises token ids by name, and an integer matrix with less evidence', () => {
    const described = (inputs: InputFact[]) => ({ inputs, outputs: [output], explained: output, doubts: [] });
    const guessed = (name: string, more: Partial<InputFact> = {}) => ({
      ...input(name),
      modality: { value: 'tensor', source: 'default' } as const,
      ...more,
    });
    expect(text.recognise(described([guessed('input_ids')]))).toBeGreaterThan(0.9);
    expect(text.recognise(described([guessed('x')]))).toBeCloseTo(0.6);
    expect(text.recognise(described([guessed('x', { dtype: 'float32' })]))).toBe(0);
  });
});
