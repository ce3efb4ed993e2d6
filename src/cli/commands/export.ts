/** `whylight export onnx|triton|kserve <model>`: a model that explains itself, or the graphs for an inference server. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COTANGENT } from '../../core/autodiff/compile.ts';
import { PROCESS_LIMITS } from '../../core/limits.ts';
import type { Model } from '../../core/model/model.ts';
import { halfEnds } from '../../core/onnx/half-ends.ts';
import { graphFile } from '../../core/plan/compile-variant.ts';
import { preparedBytes } from '../../library/prepare-model.ts';
import { choiceFlag, namesFlag, numberFlag, UsageError } from '../arguments.ts';
import { configuredMethods, EMBEDDED_MODELS, ROOT } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { WRITTEN_METHODS } from '../export/explained/graph.ts';
import { STEPS } from '../export/explained/integrated-gradients.ts';
import { writeExplained } from '../export/explained/write-explained.ts';
import { FORMATS, refuseForeign } from '../export/formats.ts';
import { type ExportedGraph, exportedGraphs } from '../export/graphs.ts';
import { kserveService } from '../export/kserve.ts';
import { TRITON_DEFAULTS, tritonConfig } from '../export/triton.ts';
import { positional, textFlag } from '../flags.ts';
import { openModel } from '../model-file.ts';

const args = {
  format: positional(
    'onnx (one file that explains itself), prepared (one file for whylight/prepared), triton (a model repository) or kserve (an InferenceService)',
  ),
  model: positional('Folder with a manifest.json, an ONNX file, or an embedded model'),
  out: textFlag('Folder, or YAML file, to write', { alias: 'o', required: true, valueHint: 'path' }),
  method: textFlag(`onnx: method whose map is added (${WRITTEN_METHODS.join(', ')})`, {
    default: 'grad_cam',
    valueHint: 'id',
  }),
  target: textFlag('onnx: class to explain, by name or by its number in the scores; the largest score when left out', {
    valueHint: 'class',
  }),
  'target-input': {
    type: 'boolean',
    description: 'onnx: adds the input "target", a number for each row; below 0 is the largest score',
  },
  steps: textFlag('onnx: points on the path of integrated_gradients', { default: String(STEPS), valueHint: 'n' }),
  weights: textFlag('onnx: fp16 halves the file; the model still computes in fp32', {
    default: 'fp32',
    valueHint: 'fp32|fp16',
  }),
  methods: textFlag('triton, prepared: methods whose graphs are exported, or "all"', {
    default: 'saliency,integrated_gradients,grad_cam,occlusion,rise',
    valueHint: 'a,b,c',
  }),
  scores: textFlag('triton: what is explained; the logits when left out', { valueHint: 'name' }),
  wire: textFlag('triton: fp16 halves the size of images and activations in transfer; gradients and scores stay fp32', {
    default: 'fp32',
    valueHint: 'fp32|fp16',
  }),
  'max-batch': textFlag('triton: rows at once', { default: String(TRITON_DEFAULTS.maxBatch) }),
  instances: textFlag('triton: copies of a model', { default: String(TRITON_DEFAULTS.instances) }),
  device: textFlag('Where models run', { default: TRITON_DEFAULTS.device, valueHint: 'gpu|cpu' }),
  tensorrt: { type: 'boolean', description: 'triton: let TensorRT take what it can' },
  name: textFlag("kserve: name of the service; the model's when left out", { valueHint: 'name' }),
  'storage-uri': textFlag('kserve: where the repository lies', { valueHint: 'uri' }),
  image: textFlag('kserve: image of the origin', { default: 'whylight-origin:latest' }),
  folder: textFlag("kserve: folder of the model in the image, from /app; the embedded model's, or models/<name>", {
    valueHint: 'path',
  }),
} as const;

export default defineCommand({
  name: 'export',
  description: 'Writes a model that explains itself, or compiled graphs for an inference server.',
  examples: [
    'whylight export onnx model.onnx -o explained.onnx --method recipro_cam',
    'whylight export triton model.onnx -o repository/ --methods grad_cam',
    'whylight export prepared model.onnx -o model.prepared --methods saliency',
  ],
  args,
  async run(flags) {
    const device = choiceFlag('device', flags.device ?? '', ['gpu', 'cpu']);
    const format = choiceFlag('format', flags.format ?? '', FORMATS);
    refuseForeign(format, flags, args);
    const opened = await openModel({ model: flags.model }, EMBEDDED_MODELS, ROOT);
    const { model } = opened;
    if (format === 'onnx') return writeExplained(opened, flags);
    if (format === 'kserve') {
      const storageUri = flags['storage-uri'];
      if (storageUri === undefined) throw new UsageError('kserve needs --storage-uri: where the repository lies.');
      const name = serviceName(flags.name ?? model.name);
      await writeFile(
        flags.out,
        kserveService({
          name,
          storageUri,
          image: flags.image,
          model: flags.folder ?? EMBEDDED_MODELS[model.name] ?? `models/${model.name}`,
          gpu: device === 'gpu',
        }),
      );
      console.log(`${flags.out}: InferenceService ${name}`);
      return;
    }
    const methods = methodsOf(flags.methods);
    if (format === 'prepared') return writePrepared(model, flags.out, methods);
    const half = choiceFlag('wire', flags.wire ?? '', ['fp32', 'fp16']) === 'fp16';
    const registry = configuredMethods();
    const { graphs, leftOut } = await exportedGraphs(
      model,
      {
        methods,
        registry,
        optimize: PROCESS_LIMITS.optimize,
        ...(flags.scores !== undefined && { scores: flags.scores }),
      },
      flags.methods === 'all',
    );
    for (const [id, reason] of Object.entries(leftOut)) process.stderr.write(`left out: ${id}: ${reason}\n`);
    const options = {
      maxBatch: numberFlag('max-batch', flags['max-batch'], 1, 4096),
      instances: numberFlag('instances', flags.instances, 1, 64),
      device,
      tensorrt: flags.tensorrt === true,
    } as const;
    for (const { name, graph, file, needs } of graphs) {
      const fed = graph.inputs.map((input) => input.name).filter((input) => input !== COTANGENT);
      const shown = half ? halfEnds(graph, [...fed, ...needs.activations]) : graph;
      const folder = join(flags.out, name, '1');
      await mkdir(folder, { recursive: true });
      const written = half ? graphFile(shown) : file;
      await writeFile(join(folder, 'model.onnx'), written.graph);
      for (const { path, data: bytes } of written.external ?? []) await writeFile(join(folder, path), bytes);
      await writeFile(join(flags.out, name, 'config.pbtxt'), tritonConfig(name, shown, options));
    }
    await writeFile(join(flags.out, 'whylight.json'), `${JSON.stringify(index(model, graphs), null, 2)}\n`);
    console.log(graphs.map((graph) => `${graph.name}  ${role(graph)}  (${graph.methods.join(', ')})`).join('\n'));
  },
});

/** Ids of the methods that the flag names. */
const methodsOf = (flag: string): readonly string[] => (flag === 'all' ? configuredMethods().ids : namesFlag(flag));

/** Writes the graphs of methods with their default parameters, for programs without a compiler. */
async function writePrepared(model: Model, out: string, methods: readonly string[]): Promise<void> {
  const bytes = preparedBytes(
    model,
    methods.map((method) => ({ method })),
    configuredMethods(),
  );
  await writeFile(out, bytes);
  console.log(`${out}: ${model.name} for ${methods.join(', ')} (${(bytes.length / 1e6).toFixed(1)} MB)`);
}

/** Index of the graphs for people: Triton reads folders only. */
const index = (model: { readonly name: string; readonly digest: string }, graphs: readonly ExportedGraph[]) => ({
  model: model.name,
  digest: model.digest,
  graphs: graphs.map((graph) => ({ name: graph.name, role: role(graph), methods: graph.methods })),
});

function role({ needs: { scores, gradients, activations, ruleset } }: ExportedGraph): string {
  const parts = [
    gradients.length > 0 && `${ruleset.id} at ${gradients.join(', ')}`,
    activations.length > 0 && `activations ${activations.join(', ')}`,
  ].filter(Boolean);
  return [scores, ...parts].join('; ');
}

/** A DNS label, as Kubernetes wants names. */
const serviceName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
