/** Descriptions of models that lie with the Worker: the same answers with and without them. */
import { describe, expect, it } from 'vitest';
import * as configured from '#worker-plugins';
import { type Assets, DESCRIPTION_FILE, openAsset } from '../../../src/edge/models/assets.ts';
import { workerServices } from '../../../src/edge/workerd/worker-module.ts';
import { appWith, bindings, imageRequest, tensorRequest } from '../../support/app.ts';

const { MODELS } = bindings;
const { reader } = configured;

/** The assets with one file changed. */
const changed = (file: string, change: (bytes: Uint8Array) => void): Assets => ({
  async fetch(url) {
    const response = await MODELS.fetch(url);
    if (!url.endsWith(`/${file}`)) return response;
    const bytes = await response.bytes();
    change(bytes);
    return new Response(bytes);
  },
});

/** Flips one bit. */
const flip =
  (at: (length: number) => number) =>
  (bytes: Uint8Array): void => {
    const index = at(bytes.length);
    bytes[index] = (bytes[index] as number) ^ 1;
  };

/** Opens cifar10, with what was logged. */
async function open(assets: Assets, build = reader) {
  const logged: string[] = [];
  const log = (_: string, message: string) => void logged.push(message);
  return { source: await openAsset(assets, 'models', 'models/cifar10', 'cifar10', { reader: build, log }), logged };
}

const described = (build: string | undefined) => {
  const { models, explainer } = workerServices(bindings, { ...configured, reader: build } as typeof configured);
  return appWith({ models, explainer });
};
const [withDescription, without] = [described(reader), described(undefined)];

/** A request whose answer is computed anew, and the same each time. */
const anew = ({ headers, ...init }: RequestInit): RequestInit => ({
  ...init,
  headers: { ...(headers as Record<string, string>), 'Cache-Control': 'no-store', 'X-Request-Id': 'description' },
});

async function image(path: string): Promise<Uint8Array> {
  return (await MODELS.fetch(`https://assets.invalid/playground/${path}`)).bytes();
}

/** An answer without the milliseconds that it took. */
async function answerOf(response: Response) {
  const { status, headers } = response;
  const body = (await response.text()).replaceAll(/"(compile|session|run|total)_ms":[\d.]+/g, '"$1_ms":0');
  return { status, type: headers.get('Content-Type'), tag: headers.get('ETag'), body };
}

describe('a description among the static assets', () => {
  it.each(['everyday', 'cifar10', 'penguins', 'adult_income', 'italy_power', 'speech_digits'])(
    'comes with %s',
    async (name) => {
      const log = () => expect.unreachable();
      const source = await openAsset(MODELS, 'models', `models/${name}`, name, { reader, log });
      expect(source.described?.reader).toBe(reader);
      expect(source.digest).toBe(source.described?.facts.digest);
    },
  );

  it.each([
    'saliency',
    'grad_cam',
    'integrated_gradients&n_steps=4',
    'recipro_cam',
    'lrp',
    'occlusion&sliding_window_shape=8,8&strides=8,8',
    'auto',
    'saliency&target=3',
    'saliency&scores=output',
    'saliency&summary=true',
    'grad_cam&task=regression',
    'grad_cam&target=nobody',
  ])('changes no byte of an answer to a tensor by %s', async (query) => {
    const ask = (app: typeof without) => app(`/v2/models/cifar10/explain?method=${query}`, anew(tensorRequest({})));
    const expected = await answerOf(await ask(without));
    expect(await answerOf(await ask(withDescription))).toEqual(expected);
  });

  it.each(['everyday', 'cifar10'])('changes no byte of an answer about an image by %s', async (name) => {
    const jpeg = await image('samples/tabby.jpg');
    const ask = (app: typeof without) => app(`/v2/models/${name}/explain?method=grad_cam`, anew(imageRequest(jpeg)));
    const expected = await answerOf(await ask(without));
    expect(expected.status).toBe(200);
    expect(await answerOf(await ask(withDescription))).toEqual(expected);
  });

  it.each(['/v2/models/cifar10', '/v2/models/everyday', '/v2/models/penguins', '/v2/models/speech_digits'])(
    'changes no byte of the metadata at %s',
    async (path) => {
      const expected = await answerOf(await without(path));
      expect(await answerOf(await withDescription(path))).toEqual(expected);
    },
  );

  it.each([
    ['at its start', (_: number) => 3],
    ['in its checksum', (_: number) => 20],
    ['in the middle', (length: number) => length >> 1],
    ['at its end', (length: number) => length - 1],
  ])('is logged and not used where a bit is flipped %s', async (_, at) => {
    const { source, logged } = await open(changed(DESCRIPTION_FILE, flip(at)));
    expect(source.described).toBeUndefined();
    expect(source.manifest.name).toBe('cifar10');
    expect(logged).toEqual(['a description among the static assets is damaged']);
  });

  it('is not used where another build has written it', async () => {
    const { source, logged } = await open(MODELS, 'whylight@0.0.1+another');
    expect(source.described).toBeUndefined();
    expect(source.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(logged).toEqual([]);
  });

  it('is not used where the manifest has changed since', async () => {
    const spaced = changed('manifest.json', (bytes) => void bytes.set([32], bytes.lastIndexOf(10)));
    expect((await open(spaced)).source.described).toBeUndefined();
  });

  it('does not hide a damaged model', async () => {
    const opened = open(
      changed(
        'model.onnx',
        flip((length) => length >> 1),
      ),
    );
    await expect(opened).rejects.toMatchObject({ code: 'model_damaged' });
  });
});
