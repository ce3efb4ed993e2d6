/**
 * Configuration of a compiled graph for Triton Inference Server: `config.pbtxt`, protocol buffer text of `ModelConfig`
 * (https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto).
 */

import type { Graph, ValueInfo } from '../../core/onnx/graph.ts';
import { hasOneBatch } from '../../core/plan/mix-inputs.ts';
import type { DataType } from '../../core/tensor/tensor.ts';

export interface TritonOptions {
  /** Rows that Triton may put together. */
  readonly maxBatch: number;
  /** Copies that run side by side. */
  readonly instances: number;
  readonly device: 'gpu' | 'cpu';
  /** Lets TensorRT take what it can of the graph. GPU only. */
  readonly tensorrt: boolean;
  /** Microseconds that a request may wait for others to run with. */
  readonly queueDelay: number;
  /** Requests that may wait; more are refused with 503. */
  readonly queueSize: number;
}

export const TRITON_DEFAULTS: TritonOptions = {
  maxBatch: 64,
  instances: 1,
  device: 'gpu',
  tensorrt: false,
  queueDelay: 500,
  queueSize: 256,
};

const TYPES: Readonly<Partial<Record<DataType, string>>> = {
  bool: 'TYPE_BOOL',
  uint8: 'TYPE_UINT8',
  uint16: 'TYPE_UINT16',
  uint32: 'TYPE_UINT32',
  uint64: 'TYPE_UINT64',
  int8: 'TYPE_INT8',
  int16: 'TYPE_INT16',
  int32: 'TYPE_INT32',
  int64: 'TYPE_INT64',
  float16: 'TYPE_FP16',
  float32: 'TYPE_FP32',
  float64: 'TYPE_FP64',
  bfloat16: 'TYPE_BF16',
};

/**
 * The text of `config.pbtxt`. Graphs whose batch is open are batched by Triton; for the others the batch is part of each
 * shape and `max_batch_size` is 0.
 * @param name of the folder that the model lies in
 */
export function tritonConfig(name: string, graph: Graph, options: Partial<TritonOptions> = {}): string {
  const { maxBatch, instances, device, tensorrt, queueDelay, queueSize } = { ...TRITON_DEFAULTS, ...options };
  const batched = hasOneBatch(graph);
  const value = ({ name: tensor, dtype, dims = [] }: ValueInfo): string => {
    const extents = (batched ? dims.slice(1) : dims).map((extent) => (typeof extent === 'number' ? extent : -1));
    // Triton knows no tensors without an extent: one number a row is [1] on the outside.
    const shape = extents.length > 0 ? `dims: [ ${extents.join(', ')} ]` : 'dims: [ 1 ]  reshape { shape: [ ] }';
    return `  { name: ${quoted(tensor)}  data_type: ${TYPES[dtype]}  ${shape} }`;
  };
  const lines = [
    `name: ${quoted(name)}`,
    'backend: "onnxruntime"',
    `max_batch_size: ${batched ? maxBatch : 0}`,
    `input [\n${graph.inputs.map(value).join(',\n')}\n]`,
    `output [\n${graph.outputs.map(value).join(',\n')}\n]`,
  ];
  if (batched) {
    lines.push(
      [
        'dynamic_batching {',
        `  max_queue_delay_microseconds: ${queueDelay}`,
        '  default_queue_policy {',
        `    max_queue_size: ${queueSize}`,
        '    allow_timeout_override: true',
        '    timeout_action: REJECT',
        '  }',
        '}',
      ].join('\n'),
    );
  }
  lines.push(`instance_group [ { count: ${instances}  kind: ${device === 'gpu' ? 'KIND_GPU' : 'KIND_CPU'} } ]`);
  if (tensorrt && device === 'gpu') {
    lines.push(
      'optimization { execution_accelerators { gpu_execution_accelerator: [ { name: "tensorrt"  parameters { key: "precision_mode" value: "FP32" } } ] } }',
    );
  }
  return `${lines.join('\n')}\n`;
}

const quoted = (text: string): string => JSON.stringify(text);
