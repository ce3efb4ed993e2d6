/** onnxruntime's errors differ by their text only: which of ours each one is. */
import { WhylightError } from '../errors.ts';

/** No kernel, no schema or too new an operator set: the file may be right, but this runtime cannot run it. */
const UNSUPPORTED =
  /No Op registered for|Could not find an implementation for|is not a registered function\/op|No opset import for domain|Opset \d+ is under development|ERROR_CODE: 9\b|NOT_IMPLEMENTED/i;

/** The runtime's own trouble, whatever the model. */
const RUNTIME =
  /no available backend|bad_alloc|out of memory|allocation failed|Can't allocate|memory access out of bounds|initWasm|Aborted\(|unreachable|operation is not allowed|never settle/i;

/** An index among the inputs that no table or axis of the model has. */
const OUT_OF_RANGE =
  /indices element out of data bounds, idx=(-?\d+) must be within the inclusive range \[(-?\d+),(-?\d+)\]/i;

const MISFIT = /Got invalid dimensions for input|Invalid rank for input|Unexpected input data type/i;

/** The error of a session that could not be made. */
export function createFailure(engine: string, cause: unknown): WhylightError {
  const text = textOf(cause);
  if (RUNTIME.test(text)) {
    return new WhylightError('engine_failure', `${engine} could not load the model: ${text}`, { engine }, { cause });
  }
  if (UNSUPPORTED.test(text)) {
    return new WhylightError(
      'unsupported_operator',
      `${engine} cannot run an operator of the model: ${text} Export the model with operators of ai.onnx that the engine has.`,
      { engine, ...operatorIn(text) },
      { cause },
    );
  }
  return new WhylightError(
    'invalid_model',
    `${engine} cannot load the model: ${text} Expected a complete, valid ONNX file; onnx.checker.check_model shows what is wrong with it.`,
    { engine },
    { cause },
  );
}

/** The error of a run that failed. */
export function runFailure(engine: string, cause: unknown): WhylightError {
  const text = textOf(cause);
  const [, index, low, high] = OUT_OF_RANGE.exec(text) ?? [];
  if (index !== undefined) {
    return new WhylightError(
      'invalid_tensor',
      `The model looks up entry ${index}, but has the entries ${low} to ${high} there: an input of whole numbers holds one that the model does not know.`,
      { index: Number(index), minimum: Number(low), maximum: Number(high) },
      { cause },
    );
  }
  const code = MISFIT.test(text) ? 'invalid_tensor' : 'engine_failure';
  return new WhylightError(code, `${engine} could not run the model: ${text}`, { engine }, { cause });
}

/** onnxruntime's own words, without the frames around them, as one sentence in one line. */
function textOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const words = text
    .replace(/^(Can't create a session|failed to call OrtRun\(\))\. /, '')
    .replace(/ERROR_CODE: (?!9\b)\d+, ERROR_MESSAGE: /, '')
    .replace(/\/\S*?\/(onnxruntime\/\S+\.(?:cc|h):\d+)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

function operatorIn(text: string): { operator?: string } {
  const [, operator] =
    /No Op registered for (\S+)|implementation for (\w+)|In Node, \(?"[^"]*", (\w+),/
      .exec(text)
      ?.filter((part) => part !== undefined) ?? [];
  return operator === undefined ? {} : { operator };
}

/** A session that was given up cannot run. */
export const releasedFailure = (): WhylightError =>
  new WhylightError('engine_failure', 'This session was released and cannot run. Load the model again.');
