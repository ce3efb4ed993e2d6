/** Names of inputs that are not explained: masks, positions and sizes, and states. */
import type { ValueInfo } from '../../onnx/graph.ts';

/** Names of inputs that tell a model which positions count, or where they stand. */
const FIXED_NAME =
  /(^|[._/:])(attention_?mask|input_?mask|pixel_?mask|padding_?mask|mask|token_?type_?ids?|segment_?ids?|position_?ids|positions?|langs?|sr|sample_?rate|lengths?|.*_length|cache_position|use_cache.*|bbox|rois?|grid|training|image_?sizes?)([._/:]|\d|$)/i;
/** Names of truth values that tell which positions count; as numbers, they may be anything. */
const TRUTH_NAME =
  /(^|[._/:])(is_?)?(in)?(valid(ity)?|visible|present|observed|pad(ding|ded)?|masked|masks|keep|attend)([._/:]|\d|$)/i;
/** Names of inputs that carry something from one run to the next. */
export const STATE_NAME =
  /(^|[._/:])(past_key_values?|past_(key|value)s?|present|.*cache.*|state|states|.*_state|h_?0|c_?0|h_?in|c_?in|hidden|memory)([._/:]|\d|$)/i;

type Named = Pick<ValueInfo, 'name' | 'dtype'>;

/** True for truth values that are named after the positions that count, or after those that do not. */
export const isTruthMask = ({ name, dtype }: Named): boolean =>
  dtype === 'bool' && (TRUTH_NAME.test(name) || /mask/i.test(name));

/** True for truth values that are named after padding: true where PyTorch and its kin ignore a position. */
export const marksPadding = (input: Named): boolean => isTruthMask(input) && /pad/i.test(input.name);

/** True for an input that is held fixed by its name. */
export const isHeldByName = (input: Named): boolean => FIXED_NAME.test(input.name) || isTruthMask(input);
