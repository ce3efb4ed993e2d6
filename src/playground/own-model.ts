/** A model that the user brought: it runs in the page, and nothing of it is sent unless it is uploaded. */
import { batch } from '@preact/signals';
import type { PreprocessingEntries } from '../library/preprocessing-entries.ts';
import { adopt, askOrOpen, chooseModel, forget } from './actions.ts';
import { inBrowser } from './browser/client.ts';
import type { Edits, Understood } from './browser/messages.ts';
import { contentsOf, type DroppedFiles } from './dropped-files.ts';
import { Failure } from './failure.ts';
import { guarded } from './guarded.ts';
import { ownFiles } from './own-files.ts';
import * as state from './state.ts';

let count = 0;
/** Counts what is being understood: the answer to the last question counts. */
let turns = 0;

/** Opens the model among the files, and explains with it. */
export const openOwn = (dropped: DroppedFiles): Promise<void> =>
  guarded(
    async () => {
      const files = await contentsOf(dropped);
      const key = `own-${++count}`;
      ownFiles.set(key, { key, edits: {}, files: async () => files });
      await understand(key, {}, files);
    },
    () => openOwn(dropped),
  );

const SERVED = './playground/own/';

/** Opens the model that the server was started with. */
export const openServed = (): Promise<void> =>
  guarded(async () => {
    const paths = (await (await served('index.json')).json()) as string[];
    const files = await Promise.all(
      paths.map(async (path) => [path, new File([await (await served(path)).blob()], path)] as const),
    );
    await openOwn(new Map(files));
  }, openServed);

async function served(path: string): Promise<Response> {
  const response = await fetch(`${SERVED}${path.split('/').map(encodeURIComponent).join('/')}`);
  if (response.ok) return response;
  throw new Failure(
    'not_found',
    `The server has no ${path} of a model. Start it with one: npm start -- --model net.onnx`,
  );
}

/** Describes the own model again with facts that the user states. */
export const editOwn = (edits: Edits): Promise<void> =>
  guarded(async () => {
    const { value: own } = state.own;
    if (!own) return;
    // Known at once, so that a second edit before the answer builds on it.
    state.own.value = { ...own, edits };
    await understand(own.key, edits, own.files);
  });

/** Goes back to the own model after one of the server was chosen. */
export const returnToOwn = (): Promise<void> => editOwn(state.own.value?.edits ?? {});

async function understand(key: string, wanted: Edits, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const turn = ++turns;
  const describe = (edits: Edits) => inBrowser({ key, edits, files: async () => files }).describe();
  const bare = await describe(wanted);
  const guess = guessOf(bare);
  const edits = guess?.preprocessing ? { ...wanted, preprocessing: guess.preprocessing } : wanted;
  const understood = edits === wanted ? bare : await describe(edits);
  if (turn !== turns) return;
  const model = { key, edits, files: async () => files };
  ownFiles.set(key, model);
  forget();
  batch(() => {
    const said = guess?.sentence ?? (wanted.preprocessing ? state.own.value?.guess : undefined);
    state.own.value = { key, files, edits, understood, ...(said !== undefined && { guess: said }) };
    adopt({ ...understood.info, own: key }, []);
  });
  const methods = await inBrowser(model).methods();
  if (turn !== turns || state.model.value?.own !== key) return;
  adopt({ ...understood.info, own: key }, methods);
  await askOrOpen();
}

interface Guess {
  /** Absent where nothing can be guessed. */
  readonly preprocessing?: PreprocessingEntries;
  readonly sentence: string;
}

/** Preprocessing for an image model that states none: a guess, which the page calls one. */
function guessOf({ info, usual }: Understood): Guess | undefined {
  const image = info.facts.inputs.find(
    ({ modality, role }) => modality.value === 'image' && role.value === 'explained',
  );
  if (!image || info.preprocessing) return undefined;
  if (usual) {
    const sentence = `Guessed: ${lowerFirst(usual.reason.replace(/ These$/, ''))} These usually take this preprocessing.`;
    return { preprocessing: usual.preprocessing, sentence };
  }
  if (image.shape.slice(1).some((dim) => typeof dim !== 'number')) {
    return { sentence: 'The model leaves the size of its images open, and the files do not state it: state it here.' };
  }
  return {
    preprocessing: {},
    sentence: 'Guessed: the files state no preprocessing, so pixels become 0 to 1, without mean and deviation.',
  };
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

/** Files that a server needs beside the ONNX file. */
const BESIDE =
  /(^|\/)(tokenizer|config|preprocessor|special_tokens|vocab|merges|spiece)[\w.-]*$|\.(data|model|txt|csv)$/i;
/** A server takes file names without folders. */
const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Uploads the own model to the server under its name, and asks it there.
 * @throws Failure `unauthorized`, `forbidden` for a key that may not upload; what the server says of the model
 */
export async function uploadOwn(name: string, version: string): Promise<void> {
  const { value: own } = state.own;
  if (!own) return;
  const { files, edits, understood } = own;
  const { preprocessing, labels, facts } = understood.info;
  const isModel = (path: string): boolean => path === understood.file || path.endsWith(`/${understood.file}`);
  const kept = [...files].filter(([path]) => isModel(path) || (BESIDE.test(path) && !path.endsWith('manifest.json')));
  const model = baseOf(understood.file);
  const external = kept.map(([path]) => baseOf(path)).filter((base) => base !== model && /\.(data|bin)$/i.test(base));
  const manifest = {
    name,
    version,
    file: model,
    ...(external.length > 0 && { external }),
    ...(edits.task !== undefined && { task: facts.explained.task.value }),
    ...(labels && { labels }),
    ...(preprocessing && { preprocessing }),
    ...(understood.info.modalities && { modalities: understood.info.modalities }),
  };
  const parts = kept.map(([path, bytes]) => ({ path: baseOf(path), binary_data_size: bytes.length }));
  const contents = kept.map(([, bytes]) => bytes as Uint8Array<ArrayBuffer>);
  await state.api.value.upload(name, version, JSON.stringify({ manifest, files: parts }), contents);
  state.models.value = await state.api.value.models();
  await chooseModel(name);
}
