import { TensorProto_DataType } from 'onnx-buf';
import { expect, it } from 'vitest';
import { elementName, elementNumber, numberOfName } from '../../../src/core/onnx/elements.ts';
import type { DataType } from '../../../src/core/tensor/tensor.ts';

const TYPES: Readonly<Record<string, DataType>> = {
  ...{ FLOAT: 'float32', DOUBLE: 'float64', FLOAT16: 'float16', BFLOAT16: 'bfloat16', BOOL: 'bool' },
  ...{ INT64: 'int64', INT32: 'int32', INT16: 'int16', INT8: 'int8' },
  ...{ UINT64: 'uint64', UINT32: 'uint32', UINT16: 'uint16', UINT8: 'uint8' },
};

it('element types have the names and numbers that the library of the format has', () => {
  const entries = Object.entries(TensorProto_DataType).filter(([, number]) => typeof number === 'number');
  expect(entries.length).toBeGreaterThan(20);
  for (const [name, number] of entries as [string, number][]) {
    expect([number, elementName(number)]).toEqual([number, name.toLowerCase()]);
    const type = TYPES[name];
    expect([name, numberOfName(name)]).toEqual([name, type && number]);
    if (type) expect([type, elementNumber(type)]).toEqual([type, number]);
  }
});
