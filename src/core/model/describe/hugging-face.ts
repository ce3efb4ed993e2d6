/** Facts in the files of a Hugging Face model folder: config.json and preprocessor_config.json. */
import { type Preprocessing, parsePreprocessing } from '../../image/preprocess.ts';
import type { TaskId } from '../description.ts';
import type { StatedFacts } from './stated-facts.ts';

export interface HuggingFaceFiles {
  /** Content of config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Content of preprocessor_config.json. */
  readonly preprocessor?: Readonly<Record<string, unknown>>;
}

/** Tasks by the end of the architecture's name, the most particular first. */
const ARCHITECTURES: readonly (readonly [ending: RegExp, task: TaskId])[] = [
  [
    /ForSequenceClassification$|ForImageClassification$|ForAudioClassification$|ForVideoClassification$/,
    'classification',
  ],
  [/ForImageClassificationWithTeacher$/, 'classification'],
  [/ForTokenClassification$|ForCTC$|ForAudioFrameClassification$/, 'token_classification'],
  [/ForQuestionAnswering$/, 'question_answering'],
  [/ForMaskedLM$/, 'fill_mask'],
  [/ForCausalLM$|LMHeadModel$|ForConditionalGeneration$/, 'next_token'],
  [/ForObjectDetection$/, 'object_detection'],
  [/ForSemanticSegmentation$/, 'segmentation'],
  [/ForInstanceSegmentation$|ForUniversalSegmentation$/, 'instance_segmentation'],
  [/ForDepthEstimation$/, 'depth'],
  [/ForImageSuperResolution$|ForImageToImage$/, 'image_to_image'],
  [/ForNextSentencePrediction$|ForMultipleChoice$/, 'classification'],
  [/WithProjection$|^CLIPModel$|^SiglipModel$|ForSentenceEmbedding$/, 'similarity'],
  [/Model$/, 'similarity'],
];

/** @returns what the folder states about task, labels and preprocessing */
export function huggingFaceFacts({ config, preprocessor }: HuggingFaceFiles): StatedFacts {
  const preprocessing = preprocessor && preprocessingOf(preprocessor, config);
  return {
    ...(config && configFacts(config)),
    ...(preprocessing && { preprocessing: { value: preprocessing, source: 'file:preprocessor_config.json' } }),
  };
}

function configFacts(config: Readonly<Record<string, unknown>>): StatedFacts {
  const [architecture] = Array.isArray(config.architectures) ? (config.architectures as unknown[]) : [];
  const known = ARCHITECTURES.find(([ending]) => typeof architecture === 'string' && ending.test(architecture));
  const labels = labelsOf(config.id2label);
  const task = problemOf(config.problem_type) ?? known?.[1];
  const vocabulary = task === undefined ? vocabularyOf(config) : undefined;
  return {
    ...(vocabulary && { vocabulary: { value: vocabulary, source: 'file:config.json' } }),
    ...(task && { task: { value: task, source: 'file:config.json' } }),
    ...(labels && { labels: { value: labels, source: 'file:config.json' } }),
  };
}

/** The task that `problem_type` states. */
function problemOf(type: unknown): TaskId | undefined {
  if (type === 'regression') return 'regression';
  if (type === 'multi_label_classification') return 'multi_label';
  return type === 'single_label_classification' ? 'classification' : undefined;
}

/** Encoders that see the whole text: their scores over the vocabulary are for masked tokens. */
const ENCODERS =
  /^(albert|bert|big_bird|camembert|convbert|data2vec-text|deberta|deberta-v2|distilbert|electra|ernie|esm|flaubert|fnet|funnel|ibert|layoutlm|layoutlmv\d|longformer|lxmert|mobilebert|modernbert|mpnet|mra|nystromformer|rembert|roberta|roberta-prelayernorm|roformer|splinter|squeezebert|xlm|xlm-roberta|xlm-roberta-xl|xmod|yoso)$/;

/** Task of scores over the vocabulary where no architecture says so: symbols of speech, masked or following tokens. */
function vocabularyOf({
  vocab_size: size,
  model_type: type,
  is_decoder: decodes,
  ctc_loss_reduction: ctc,
}: Readonly<Record<string, unknown>>): { size: number; task: TaskId } | undefined {
  if (typeof size !== 'number') return undefined;
  if (ctc !== undefined) return { size, task: 'token_classification' };
  const masked = ENCODERS.test(String(type)) && decodes !== true;
  return { size, task: masked ? 'fill_mask' : 'next_token' };
}

/** Names that transformers writes when nobody gave any. */
const PLACEHOLDER = /^LABEL_\d+$/;

function labelsOf(id2label: unknown): string[] | undefined {
  if (typeof id2label !== 'object' || id2label === null) return undefined;
  const names: string[] = [];
  for (const [id, name] of Object.entries(id2label)) names[Number(id)] = String(name);
  const complete = names.length > 0 && Array.from(names).every((name) => name !== undefined);
  return complete && !names.every((name) => PLACEHOLDER.test(name)) ? names : undefined;
}

type Size = number | { readonly [side: string]: unknown } | undefined;

/**
 * Preprocessing of an image processor: resize, centre crop, rescale, normalise.
 * @see https://huggingface.co/docs/transformers/main_classes/image_processor
 */
function preprocessingOf(
  processor: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>> | undefined,
): Preprocessing | undefined {
  if (processor.image_mean === undefined && processor.do_rescale === undefined && processor.size === undefined) {
    return undefined;
  }
  const crop = processor.do_center_crop === true ? squareOf(processor.crop_size as Size) : undefined;
  const size = crop ?? squareOf(processor.size as Size) ?? squareOf(config?.image_size as Size);
  if (!size) return undefined;
  const shortest = shortestOf(processor.size as Size);
  const normalises = processor.do_normalize !== false;
  const rescales = processor.do_rescale !== false;
  return parsePreprocessing({
    size,
    resize: resizeOf(size, crop !== undefined, shortest, processor),
    scale: rescales ? (processor.rescale_factor ?? 1 / 255) : 1,
    mean: normalises ? (processor.image_mean ?? 0) : 0,
    std: normalises ? (processor.image_std ?? 1) : 1,
  });
}

const FILTERS: readonly string[] = ['nearest', 'lanczos', 'bilinear', 'bicubic'];

function resizeOf(
  size: readonly [number, number],
  crops: boolean,
  shortest: number | undefined,
  processor: Readonly<Record<string, unknown>>,
): object {
  // Numbers as Pillow counts its filters.
  const filter = typeof processor.resample === 'number' ? FILTERS[processor.resample] : undefined;
  const known = filter === 'bilinear' || filter === 'bicubic' ? { filter } : {};
  const side = crops && shortest !== undefined ? Math.max(shortest, ...size) : undefined;
  if (shortest !== undefined) return { mode: 'shortest_side', ...(side !== undefined && { size: side }), ...known };
  return { mode: 'exact', ...known };
}

const shortestOf = (size: Size): number | undefined =>
  typeof size === 'object' && typeof size.shortest_edge === 'number' ? size.shortest_edge : undefined;

function squareOf(size: Size): [number, number] | undefined {
  if (typeof size === 'number') return [size, size];
  if (typeof size?.height === 'number' && typeof size.width === 'number') return [size.height, size.width];
  const shortest = shortestOf(size);
  return shortest === undefined ? undefined : [shortest, shortest];
}
