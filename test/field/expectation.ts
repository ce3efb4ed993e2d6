/** Cases of a folder: a model file, what is true of it, and where its arrays lie. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { TargetRequest } from '../../src/core/model/target-request.ts';

export interface ExpectedInput {
  readonly name: string;
  readonly dtype: string;
  readonly shape?: readonly (number | string)[];
  readonly modality?: string;
  readonly layout?: string;
  readonly role?: string;
  readonly batch_axis?: number | null;
  readonly fill?: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly fill_shape?: readonly number[];
}

export interface Expectation {
  readonly open?: 'yes' | 'refuse' | 'either';
  readonly refuse_because?: string;
  readonly explain?: 'yes' | 'ask' | 'refuse' | 'either';
  readonly inputs?: readonly ExpectedInput[];
  readonly output?: string | readonly string[];
  readonly class_axis?: number | null | 'unknown';
  readonly activation?: string;
  readonly labels?: { readonly first?: number; readonly file?: string };
  readonly rows?: string;
  readonly top?: { readonly index: readonly number[]; readonly value: number };
  readonly gradient?: {
    readonly of?: string;
    readonly elements: readonly number[];
    readonly values: readonly number[];
    readonly tolerance?: number;
  };
  readonly element_to_zero?: { readonly of?: string; readonly values: readonly number[]; readonly tolerance?: number };
  /** Target to send; null where none is sent. */
  readonly request_target?: TargetRequest | null;
  readonly methods?: Readonly<Record<string, { readonly must?: string }>>;
}

export interface FieldCase {
  /** Path of the model below the folder that was asked for. */
  readonly name: string;
  readonly file: string;
  readonly expected: Expectation;
}

/**
 * Cases of a folder and its sub-folders: every ONNX file (or other file that is to be refused) that an `expected.json`
 * beside it, or in the folder above `models/`, describes.
 */
export async function readCases(folder: string): Promise<FieldCase[]> {
  const paths = (await readdir(folder, { recursive: true })).sort();
  const cases: FieldCase[] = [];
  for (const path of paths.filter((name) => name.endsWith('expected.json'))) {
    const at = dirname(join(folder, path));
    const entries = JSON.parse(await readFile(join(folder, path), 'utf8')) as Record<string, unknown>;
    for (const [key, expected] of Object.entries(entries)) {
      if (typeof expected !== 'object' || expected === null || !('open' in expected)) continue;
      const file = [join(at, 'models', key), join(at, key, 'model.onnx'), join(at, key)].find((candidate) =>
        paths.includes(relative(folder, candidate)),
      );
      if (file) cases.push({ name: relative(folder, file), file, expected: expected as Expectation });
    }
  }
  return cases;
}
