/** Element types that a file declares for its inputs and outputs. */
import type { ValueInfoProto } from 'onnx-buf';
import type { DataType } from '../../tensor/tensor.ts';
import { elementType } from '../elements.ts';
import { decode } from './decode.ts';

/**
 * Reads the element types of inputs and outputs by name, as the file has them: a model in memory computes half precision
 * in float32. Those that are no tensors are left out.
 * @throws WhylightError `invalid_model`
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 */
export function fileTypes(bytes: Uint8Array): Map<string, DataType> {
  const { graph } = decode(bytes);
  const types = new Map<string, DataType>();
  for (const value of [...(graph?.input ?? []), ...(graph?.output ?? [])]) {
    const dtype = typeOf(value);
    if (dtype) types.set(value.name, dtype);
  }
  return types;
}

function typeOf({ type }: ValueInfoProto): DataType | undefined {
  return type?.value.case === 'tensorType' ? elementType(type.value.value.elemType) : undefined;
}
