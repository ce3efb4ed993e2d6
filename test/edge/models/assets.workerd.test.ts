/** Models that lie with the Worker, over its real binding. */
import { expect, it } from 'vitest';
import { models } from '#plugins';
import { Model } from '../../../src/core/model/model.ts';
import { modelDigest } from '../../../src/core/model/model-source.ts';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { bindings } from '../../support/app.ts';

it('assetModels opens a model with the digest of its files', async () => {
  const source = await assetModels(bindings.MODELS, models, 'models').open('cifar10');
  expect(source.digest).toBe(await modelDigest(source));
  expect((await Model.read(source)).digest).toBe(source.digest);
});

it('assetModels fails with invalid_config for a missing model', async () => {
  const store = assetModels(bindings.MODELS, { gone: './models/gone' }, 'models');
  await expect(store.open('gone')).rejects.toMatchObject({ code: 'invalid_config' });
});
