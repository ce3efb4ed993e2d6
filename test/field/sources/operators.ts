/** Cases by `case.json`: one operator a file, with its inputs, output and vector-Jacobian products as arrays. */
import { join } from 'node:path';
import { isRecord, type Source } from './source.ts';

/** Relative error from which on an export is no longer the module that the arrays are of. */
const MAX_EXPORT_ERROR = 1e-4;

export const operatorCases: Source = async ({ folder, path, content, files }) => {
  if (!path.endsWith('case.json')) return undefined;
  const place = { name: 'model.onnx', file: join(folder, 'model.onnx'), folder, expected: {} };
  const reason = files.includes('model.onnx') ? exportFault(content) : `not exported: ${String(content.export_errors)}`;
  return [reason === undefined ? { ...place, operator: true } : { ...place, skipped: reason }];
};

/** Reason why the file is not what its arrays describe; undefined where it is. */
function exportFault({ onnxruntime, inputs, output }: Readonly<Record<string, unknown>>): string | undefined {
  if (!inputs || !output) return 'no arrays beside it';
  if (!isRecord(onnxruntime)) return undefined;
  const { error, forward_error: off = 0 } = onnxruntime;
  if (error !== undefined) return `onnxruntime does not run the export: ${String(error)}`;
  return typeof off === 'number' && off <= MAX_EXPORT_ERROR
    ? undefined
    : `the export differs from PyTorch by itself: ${off}`;
}
