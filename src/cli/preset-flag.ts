/** `--preset captum`: a library whose choices of convention a method takes over. */
import type { Method } from '../core/method/contract.ts';
import { PRESETS } from '../core/method/contract.ts';
import { methodsWithPreset, PRESET_PARAMETER } from '../core/method/presets.ts';
import { textFlag } from './flags.ts';

export const PRESET_ARG = {
  preset: textFlag(
    `Choices of convention as a library makes them (${PRESETS.join(', ')}); parameters that are given by themselves win`,
    { valueHint: 'library' },
  ),
} as const;

/** The parameter, for one method, which must have the preset. */
export const presetParam = (preset: string | undefined): { readonly [PRESET_PARAMETER]?: string } =>
  preset === undefined ? {} : { [PRESET_PARAMETER]: preset };

/**
 * The parameter for each of several methods, by id: those without the preset keep their defaults.
 * @throws WhylightError `invalid_request` when none of them has it.
 */
export function presetParams(
  preset: string | undefined,
  methods: readonly Method[],
): (id: string) => { readonly [PRESET_PARAMETER]?: string } {
  if (preset === undefined) return () => ({});
  const having = methodsWithPreset(methods, preset);
  return (id) => (having.has(id) ? { [PRESET_PARAMETER]: preset } : {});
}
