/** Facts that an ONNX file states about itself, read without its graph. */
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { StringStringEntryProtoSchema } from 'onnx-buf';

export interface FileHeader {
  /** `metadata_props` of the file, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tool that wrote the file: `pytorch`, `tf2onnx`, `skl2onnx`. */
  readonly producer: string;
}

/** Numbers of the fields of ModelProto. */
const PRODUCER_NAME = 2;
const METADATA_PROPS = 14;

/**
 * Reads producer and metadata of an ONNX file; the graph is skipped, so the time does not grow with the weights.
 *
 * @returns empty facts where the bytes are damaged: reading the graph reports that
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto ModelProto
 * @example
 * readHeader(bytes).metadata.task; // 'detect', of a file that Ultralytics wrote
 */
export function readHeader(bytes: Uint8Array): FileHeader {
  const metadata = new Map<string, string>();
  let producer = '';
  try {
    const reader = new BinaryReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (field === METADATA_PROPS && wire === WireType.LengthDelimited) {
        const { key, value } = fromBinary(StringStringEntryProtoSchema, reader.bytes());
        metadata.set(key, value);
      } else if (field === PRODUCER_NAME && wire === WireType.LengthDelimited) producer = reader.string();
      else reader.skip(wire, field);
    }
  } catch {
    return { metadata: {}, producer: '' };
  }
  return { metadata: Object.fromEntries(metadata), producer };
}
