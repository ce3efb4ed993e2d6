/** Reasons why operators have no rule, for the message that names them. */
import { ruleKey } from './rule.ts';

const WHOLE_BATCH =
  'its scale comes from the smallest and largest value of the whole batch, so rows are not independent';

const STEPS = 'a decision tree is constant between its thresholds, so its derivative is zero or does not exist';
const LIST = 'which tensors its sequence holds is only known at run time';

const REASONS: Readonly<Record<string, string>> = {
  DynamicQuantizeLinear: WHOLE_BATCH,
  'com.microsoft:DynamicQuantizeMatMul': WHOLE_BATCH,
  'com.microsoft:DynamicQuantizeLSTM': WHOLE_BATCH,
  ConvInteger: 'its operands are quantised by the whole batch; quantise the model statically (QDQ) instead',
  MatMulInteger: 'its operands are quantised by the whole batch; quantise the model statically (QDQ) instead',
  'com.microsoft:MatMulIntegerToFloat': WHOLE_BATCH,
  If: 'its condition is only known at run time',
  Loop: 'its number of turns is only known at run time',
  RandomNormalLike: 'it is random',
  RandomUniformLike: 'it is random',
  Bernoulli: 'it is random',
  Multinomial: 'it is random',
  Unique: 'how many values it gives is only known at run time, and rows are not independent',
  SequenceAt: LIST,
  ConcatFromSequence: LIST,
  SequenceMap: LIST,
  OptionalGetElement: 'whether its value is there is only known at run time',
  'ai.onnx.ml:TreeEnsemble': STEPS,
  'ai.onnx.ml:TreeEnsembleClassifier': STEPS,
  'ai.onnx.ml:TreeEnsembleRegressor': STEPS,
  'com.microsoft:GroupQueryAttention':
    'its keys and values of earlier runs lie in a shared buffer; export the model without a cache (use_cache=False)',
};

/** Undefined for an operator that nobody has written a rule for. */
export const reasonFor = (op: string, domain: string): string | undefined => {
  const key = ruleKey(op, domain);
  return Object.hasOwn(REASONS, key) ? REASONS[key] : undefined;
};
