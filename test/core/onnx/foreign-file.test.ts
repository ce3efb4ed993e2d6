import { expect, it } from 'vitest';
import { foreignFile } from '../../../src/core/onnx/read/foreign-file.ts';
import { readHeader } from '../../../src/core/onnx/read/header.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const safetensors = bytes(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d);

it.each([
  ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0'), /Git LFS/],
  ['a zip archive', bytes(0x50, 0x4b, 3, 4, 0, 0), /zip archive/],
  ['a gzip file', bytes(0x1f, 0x8b, 8), /gzip/],
  ['a TensorFlow Lite model', text('\x1c\0\0\0TFL3'), /TensorFlow Lite/],
  ['an ORT file', text('\x1c\0\0\0ORTM'), /ORT format/],
  ['an HDF5 file', bytes(0x89, 0x48, 0x44, 0x46), /HDF5/],
  ['a safetensors file', safetensors, /safetensors/],
  ['a pickle', bytes(0x80, 2, 0x7d), /pickle/],
  ['an HTML page', text('\n<!DOCTYPE html><html>'), /HTML/],
  ['JSON', text('{"model": 1}'), /JSON/],
])('a file that is %s is named by its first bytes', (_, content, message) => {
  expect(foreignFile(content)).toMatch(message);
});

it('a file of an unknown kind has no name', () => {
  expect(foreignFile(bytes(8, 7, 0x3a))).toBeUndefined();
  expect(foreignFile(bytes())).toBeUndefined();
});

it('producer and metadata are read without the graph, and not from damaged bytes', () => {
  const entry = [0x0a, 1, 0x6b, 0x12, 1, 0x76];
  const file = bytes(0x12, 2, 0x70, 0x74, 0x3a, 3, 1, 2, 3, 0x72, entry.length, ...entry);
  expect(readHeader(file)).toEqual({ metadata: { k: 'v' }, producer: 'pt' });
  expect(readHeader(file.subarray(0, 12))).toEqual({ metadata: {}, producer: '' });
});
