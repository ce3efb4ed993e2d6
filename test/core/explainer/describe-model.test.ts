import { beforeAll, describe, expect, it } from 'vitest';
import { describeModel } from '../../../src/core/explainer/describe-model.ts';
import { type KeptDescription, restoreModel } from '../../../src/core/explainer/restore-model.ts';
import { answered, NotAnswered } from '../../../src/core/method/answered.ts';
import { Model } from '../../../src/core/model/model.ts';
import type { ModelSource } from '../../../src/core/model/model-source.ts';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { loadReader } from '../../../src/core/plan/lazy-reader.ts';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import { openFolder } from '../../../src/node/model-folders.ts';
import { pack, unpack } from '../../../src/protocol/packed.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';

const { forms } = new TaskRegistry(builtinTasks);
const DESCRIBED = ['cifar10', 'everyday', 'penguins', 'adult_income', 'italy_power', 'speech_digits'];

/** A model, and the same restored from its description as stores keep it. */
async function both(name: string, source?: ModelSource) {
  const opened = source ?? { ...(await openFolder(`models/${name}`, name)), forms };
  const read = await Model.read(opened);
  const kept = describeModel(read, opened);
  const bytes = pack(kept as KeptDescription);
  return { opened, read, kept, restored: restoreModel(unpack(bytes) as KeptDescription, opened) };
}

/** Members of an object that are plain data. */
const plain = (from: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(from).filter(
      ([name, value]) => name !== 'graph' && typeof value !== 'function' && value !== undefined,
    ),
  );

describe('a restored model before the reader is loaded', () => {
  it('answers from its description, and says what else has to be waited for', async () => {
    const { read, restored } = await both('cifar10');
    expect(restored.info().scores).toEqual(read.info().scores);
    expect(() => restored.graph.nodes).toThrow(NotAnswered);
    expect(() => restored.info({ scores: 'output' })).toThrow('The reader of ONNX files has not been loaded');
    expect(await answered(() => restored.graph.nodes)).toEqual(read.graph.nodes);
    expect(restored.info({ scores: 'output' }).scores).toEqual(read.info({ scores: 'output' }).scores);
  });
});

describe('describeModel', () => {
  beforeAll(loadReader);

  it.each(DESCRIBED)('keeps every fact about %s', async (name) => {
    const { read, restored } = await both(name);
    for (const member of ['name', 'version', 'digest', 'manifest', 'file', 'description', 'metadata'] as const) {
      expect(restored[member], member).toEqual(read[member]);
    }
    for (const member of ['labels', 'preprocessing', 'fixedBatch', 'places', 'rounding', 'idTables', 'gaps'] as const) {
      expect(restored[member], member).toEqual(read[member]);
    }
    const [info, expected] = [restored.info(), read.info()];
    expect(plain(info)).toEqual(plain(expected));
    expect(info.layout !== undefined).toBe(expected.layout !== undefined);
    for (const output of read.graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean))) {
      expect(attempt(() => info.tensor(output))).toEqual(attempt(() => expected.tensor(output)));
      expect(info.layout?.(output)).toEqual(expected.layout?.(output));
    }
    expect(graphCompiler.rowWork(restored, {})).toEqual(graphCompiler.rowWork(read, {}));
    expect(graphCompiler.rowFlops(restored, {})).toBe(graphCompiler.rowFlops(read, {}));
  });

  it.each(DESCRIBED)('keeps the graph and the constants of %s', async (name) => {
    const { read, restored } = await both(name);
    for (const constant of read.graph.constants.keys()) {
      expect(restored.constantBytes(constant), constant).toEqual(read.constantBytes(constant));
    }
    expect(restored.constantBytes('no such constant')).toBeUndefined();
    expect({ ...restored.graph }).toEqual({ declared: undefined, ...read.graph });
    expect(restored.info().graph).toBe(restored.graph);
  });

  it('parses no file for facts about the model and for constants of a stored graph', async () => {
    const { opened, read, kept } = await both('cifar10');
    const unreadable = { ...opened, bytes: opened.bytes.slice().fill(0, 0, 64) };
    const restored = restoreModel(kept as KeptDescription, unreadable);
    expect(restored.info().scores).toEqual(read.info().scores);
    expect(restored.info().camLayerOf()).toEqual(read.info().camLayer);
    const large = [...read.graph.constants].filter(([, { bytes }]) => bytes.length > 1024);
    for (const [name, { bytes }] of large) expect(restored.constantBytes(name)).toEqual(bytes);
    expect(large.length).toBeGreaterThan(5);
    expect(() => restored.graph.nodes).toThrow();
  });

  it('answers what the description does not hold from the file', async () => {
    const { read, restored } = await both('cifar10');
    const scores = read.info().spatialLayers[0]?.name as string;
    expect(plain(restored.info({ scores }))).toEqual(plain(read.info({ scores })));
    expect(restored.corrected({ task: 'regression' }).description).toEqual(
      read.corrected({ task: 'regression' }).description,
    );
    expect(restored.corrected({})).toBe(restored);
    const changed = await restored.withConstants(new Map(read.graph.constants), 'same');
    expect(changed.digest).toBe((await read.withConstants(read.graph.constants, 'same')).digest);
    expect(() => restored.info().tensor('no such tensor')).toThrow(/no such tensor/);
  });

  it('describes no model of token ids, whose requests need the graph', async () => {
    const opened = { ...(await openFolder('models/movie_reviews', 'movie_reviews')), forms };
    expect(describeModel(await Model.read(opened), opened)).toBeUndefined();
  });
});

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
}
