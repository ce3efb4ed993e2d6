/** Formats of `whylight export`, and the options of each. */
import type { ArgsDef } from 'citty';
import { UsageError } from '../arguments.ts';

export const FORMATS = ['onnx', 'prepared', 'triton', 'kserve'] as const;
export type Format = (typeof FORMATS)[number];

/** Formats that have an option; all of them have those that are left out. */
const FORMATS_OF: Readonly<Record<string, readonly Format[]>> = {
  method: ['onnx'],
  target: ['onnx'],
  'target-input': ['onnx'],
  steps: ['onnx'],
  weights: ['onnx'],
  methods: ['triton', 'prepared'],
  scores: ['triton'],
  wire: ['triton'],
  'max-batch': ['triton'],
  instances: ['triton'],
  device: ['triton', 'kserve'],
  tensorrt: ['triton'],
  name: ['kserve'],
  'storage-uri': ['kserve'],
  image: ['kserve'],
  folder: ['kserve'],
};

/**
 * Refuses options that a format does not have and that are not at their default.
 * @throws UsageError that names the option and its formats
 */
export function refuseForeign(format: Format, flags: Readonly<Record<string, unknown>>, args: ArgsDef): void {
  for (const [name, formats] of Object.entries(FORMATS_OF)) {
    if (formats.includes(format) || flags[name] === undefined || flags[name] === args[name]?.default) continue;
    throw new UsageError(`--${name} is an option of ${formats.join(' and ')}, and the format is ${format}.`);
  }
}
