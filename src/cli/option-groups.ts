/** Groups of options that several commands share, as their help shows them. */
import type { OptionGroup } from './help.ts';
import { MODEL_ARGS, PREPROCESSING_ARGS } from './model-file.ts';
import { OVERLAY_ARGS } from './overlay-flags.ts';

export const OPTION_GROUPS: readonly OptionGroup[] = [
  { title: 'MODEL', args: MODEL_ARGS },
  { title: 'IMAGE PREPROCESSING (in place of the manifest)', args: PREPROCESSING_ARGS },
  { title: 'DRAWING', args: OVERLAY_ARGS },
];
