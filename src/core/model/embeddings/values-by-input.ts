/** Attributions of sources as those of the inputs that they belong to. */
import type { Float32Tensors } from '../../tensor/rows.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import type { SourceInfo } from '../info.ts';

/**
 * The attribution by input: that of the only embedding as it is, with its channels behind the elements; those of several
 * embeddings, or of some elements alone, added up for each element of the input. Other tensors keep their names.
 * @param size number of elements in a row of an input
 */
export function valuesByInput(
  sources: readonly SourceInfo[],
  values: Float32Tensors,
  size: (input: string) => number,
): Float32Tensors {
  const byInput = new Map<string, Part[]>();
  for (const [name, value] of Object.entries(values)) {
    const source = sources.find((one) => one.name === name);
    const shares = source?.shared ?? { [source?.input ?? name]: source?.elements };
    for (const [input, elements] of Object.entries(shares)) {
      byInput.set(input, [...(byInput.get(input) ?? []), { value, elements }]);
    }
  }
  return Object.fromEntries(
    [...byInput].map(([input, parts]): [string, Tensor<'float32'>] => {
      const [{ value, elements }] = parts as [Part];
      return [input, parts.length === 1 && !elements ? value : added(parts, size(input))];
    }),
  );
}

/** Attribution of one tensor, and the elements of the input that its positions count for. */
interface Part {
  readonly value: Tensor<'float32'>;
  readonly elements: readonly number[] | undefined;
}

function added(parts: readonly Part[], size: number): Tensor<'float32'> {
  const sums = new Float64Array(size);
  for (const { value, elements } of parts) {
    const { data } = value;
    const width = data.length / (elements?.length ?? size);
    for (let i = 0; i < data.length; i++) {
      const position = Math.floor(i / width);
      const element = elements ? (elements[position] as number) : position;
      if (element >= 0) sums[element] = (sums[element] as number) + (data[i] as number);
    }
  }
  return float32([1, size], sums);
}
