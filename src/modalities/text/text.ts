/** Text as a modality. */
import { WhylightError } from '../../core/errors.ts';
import { explainedInputs } from '../../core/modality/explained-inputs.ts';
import { foldSums } from '../../core/modality/fold.ts';
import type { Modality, ModalityContext, Prepared } from '../../core/modality/modality.ts';
import type { InputFact, ModelDescription } from '../../core/model/description.ts';
import { sliceRows } from '../../core/tensor/rows.ts';
import { type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { decodeTexts, TEXT_MEDIA_TYPES } from './decode.ts';
import { drawTextAnsi } from './draw-ansi.ts';
import { drawTextHtml } from './draw-html.ts';
import { drawTextSvg } from './draw-svg.ts';
import { encodeText, textInputs, textRoles } from './encode-text.ts';
import { type TextView, textFeatures, viewOf } from './features.ts';
import { type LoadedText, loadText } from './load.ts';
import { nameTokens } from './name-tokens.ts';
import { parseTextSettings } from './settings.ts';
import type { TextInput } from './tokenizer/tokenizer.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Kinds of absence: the padding token, the mask token, or the token for unknown words. */
const ABSENT = ['pad', 'mask', 'unk'] as const;

/**
 * Texts and pairs of texts, from plain text or JSON; words as features, with the sentence of each as its group. What is
 * absent has the padding token (`pad`), the mask token (`mask`) or the one for unknown words (`unk`) in its place; the
 * default is the first of these that the tokenizer has. Special tokens, attention mask, types and positions stay.
 */
const text: Modality<readonly TextInput[], TextView> = {
  apiVersion: 1,
  id: 'text',
  about: { title: 'Text', summary: 'Sentences and pairs of sentences, explained by words.' },
  accepts: { mediaTypes: TEXT_MEDIA_TYPES, extensions: ['txt', 'md', 'json'] },
  recognise,
  load: async (context) => (await loadFor(context)).bytes,
  decode: (bytes, mediaType) => decodeTexts(bytes, mediaType),
  prepare,
  async absent(prepared, row, context, kind) {
    const ids = textRoles(context.inputs).get('ids');
    const features = prepared.features[row];
    if (!ids || !features) {
      throw new WhylightError('invalid_request', `There is no row ${row}: ${prepared.features.length} were prepared.`);
    }
    const { id } = await absentToken(context, kind);
    const own = Object.entries(prepared.inputs).map(([name, rows]) => [name, sliceRows(rows, row, row + 1)] as const);
    const inputs = Object.fromEntries(own);
    const given = inputs[ids.name] as Tensor;
    const mask = features.mask[ids.name] as Int32Array;
    const values = [...given.data].map((value, i) => ((mask[i] as number) >= 0 ? id : Number(value)));
    return { ...inputs, [ids.name]: tensor(given.dtype, given.dims, values) };
  },
  nameTensors: async (inputs, context) => nameTokens(inputs, context, await loadFor(context)),
  fold: foldSums,
  draw: (drawing, format) => DRAW[format](drawing),
};

export default text;

const DRAW = { svg: drawTextSvg, html: drawTextHtml, ansi: drawTextAnsi };

async function prepare(raw: readonly TextInput[], context: ModalityContext): Promise<Prepared<TextView>> {
  const settings = parseTextSettings(context.settings);
  const { tokenizer, facts } = await loadText(context.files, settings, wordsOf(context));
  const inputs = textInputs(context.inputs, context.description.inputs);
  const encoded = encodeText(tokenizer, raw, inputs, facts, { maxLength: settings.max_length });
  const views = encoded.encodings.map((encoding, i) => viewOf([raw[i] as TextInput].flat(), encoding));
  const vocabulary = vocabularyOf(tokenizer);
  const maskId = facts.specialTokens.mask?.value.id;
  const features = views.map((view) => ({
    ...textFeatures(view, encoded.ids, settings.features),
    vocabulary,
    ...(maskId !== undefined && { asked: masksIn(view, maskId) }),
  }));
  const empty = features.findIndex(({ list }) => list.length === 0);
  if (empty >= 0) {
    throw new WhylightError(
      'invalid_request',
      `Text ${empty + 1} is empty, or nothing of it is left: there is no word to explain. Give at least one word.`,
      { row: empty },
    );
  }
  return { inputs: encoded.inputs, features, views, notices: encoded.notices };
}

/** Tokenizer and facts of a model. */
const loadFor = (context: ModalityContext): Promise<LoadedText> =>
  loadText(context.files, parseTextSettings(context.settings), wordsOf(context));

/** Words of a model that cuts texts itself. */
const wordsOf = ({ inputs }: ModalityContext) => inputs.find(({ words }) => words?.split)?.words;

/** Positions of the mask tokens, which the model is asked to fill. */
const masksIn = ({ encoding }: TextView, maskId: number): number[] =>
  [...encoding.ids.keys()].filter((position) => encoding.ids[position] === maskId);

/** The token that stands for an absent word. */
async function absentToken(context: ModalityContext, kind: string | undefined): Promise<{ token: string; id: number }> {
  const { facts } = await loadFor(context);
  if (kind !== undefined && !(ABSENT as readonly string[]).includes(kind)) {
    throw new WhylightError('invalid_request', `A text has no absence called "${kind}": use ${ABSENT.join(', ')}.`, {
      kind,
      allowed: ABSENT,
    });
  }
  const kinds = kind === undefined ? ABSENT : ABSENT.filter((name) => name === kind);
  for (const name of kinds) {
    const fact = facts.specialTokens[name];
    if (fact) return fact.value;
  }
  const known = ABSENT.filter((name) => facts.specialTokens[name]);
  throw new WhylightError(
    'invalid_request',
    `The tokenizer has no token for ${kinds.join(', ')}; ${known.length > 0 ? `use ${known.join(' or ')}` : 'name one in special_tokens_map.json'}.`,
    { kinds, known },
  );
}

/** Names of token ids are a strong sign; a matrix of integers by another name may be categories as well. */
function recognise({ inputs }: ModelDescription): number {
  return Math.max(0, ...explainedInputs(inputs).map(evidence));
}

function evidence({ name, dtype, shape, modality }: InputFact): number {
  if (modality.value === 'text' && modality.source !== 'default') return 1;
  if (!/^u?int(16|32|64)$/.test(dtype)) return 0;
  if (/input_ids|token_ids|tokens/i.test(name)) return 0.95;
  if (shape.length !== 2) return 0;
  return typeof shape[1] === 'number' && shape[1] < 8 ? 0.1 : 0.6;
}
