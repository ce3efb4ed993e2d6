/** Files that are often mistaken for ONNX models: their kind by their first bytes, and the way to an ONNX model. */

interface ForeignKind {
  readonly matches: (bytes: Uint8Array, text: string) => boolean;
  /** Fact and way out, as two sentences. */
  readonly message: string;
}

const startsWith = (bytes: Uint8Array, ...prefix: number[]): boolean => prefix.every((byte, i) => bytes[i] === byte);
const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

const KINDS: readonly ForeignKind[] = [
  {
    matches: (_, text) => text.startsWith('version https://git-lfs'),
    message:
      'The file is a Git LFS pointer, not the model itself. Fetch the real file with "git lfs pull" and pass that one.',
  },
  {
    matches: (bytes) => startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) || startsWith(bytes, 0x50, 0x4b, 0x05, 0x06),
    message:
      'The file is a zip archive (as PyTorch checkpoints, Keras files and downloads are), not an ONNX model. Unpack it, or export a PyTorch model with torch.onnx.export.',
  },
  {
    matches: (bytes) => startsWith(bytes, 0x1f, 0x8b),
    message: 'The file is compressed with gzip. Unpack it first.',
  },
  {
    matches: (bytes) => ascii(bytes, 4, 8) === 'TFL3',
    message: 'The file is a TensorFlow Lite model. Convert it with tf2onnx (python -m tf2onnx.convert --tflite).',
  },
  {
    matches: (bytes) => ascii(bytes, 4, 8) === 'ORTM',
    message:
      "The file is in onnxruntime's own ORT format, which holds no plain graph. Use the ONNX file that it was made from.",
  },
  {
    matches: (bytes) => startsWith(bytes, 0x89, 0x48, 0x44, 0x46),
    message: 'The file is in HDF5 format (a Keras model). Convert it with tf2onnx.',
  },
  {
    matches: (bytes) => bytes[8] === 0x7b && headerLength(bytes) <= bytes.length - 8 && headerLength(bytes) > 1,
    message: 'The file is in safetensors format: weights without a graph. Export the model to ONNX.',
  },
  {
    matches: (bytes) => bytes[0] === 0x80 && (bytes[1] as number) >= 2 && (bytes[1] as number) <= 5,
    message:
      'The file is a Python pickle (as older PyTorch checkpoints and scikit-learn models are). Export the model with torch.onnx.export or skl2onnx.',
  },
  {
    matches: (_, text) => /^(<!doctype html|<html|<\?xml)/i.test(text),
    message:
      'The file is an HTML page, not an ONNX model: probably the answer to a download that failed. Download the model again.',
  },
  {
    matches: (_, text) => /^[{[]\s*["\]}\d[{]/.test(text),
    message: 'The file is JSON, not an ONNX model. Pass the .onnx file that lies beside it.',
  },
];

/**
 * Says what the bytes are when they are of a known kind other than ONNX.
 *
 * @returns a message with the kind and the way to an ONNX model; undefined when the kind is not known
 * @example
 * foreignFile(new TextEncoder().encode('{"model": 1}')); // 'The file is JSON, not an ONNX model. ...'
 */
export function foreignFile(bytes: Uint8Array): string | undefined {
  const text = ascii(bytes, 0, 64).trimStart();
  return KINDS.find(({ matches }) => matches(bytes, text))?.message;
}

/** Length of the JSON header by which a safetensors file begins. */
function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 9) return 0;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
}
