import type { PageRecord } from '../page-data.ts';
import { ImageButton, ImageMap } from './map-canvas.tsx';
import { opened } from './state.ts';

interface InputProps {
  readonly record: PageRecord;
  readonly method: string;
  /** Width of an image in CSS pixels; a drawing is as wide as its place. */
  readonly width: number;
}

/** View of one input by one method: an image with its map, else words, bars or a curve. */
export function InputView({ record, method, width }: InputProps) {
  if (record.thumbnail !== '') return <ImageMap record={record} width={width} method={method} />;
  const drawing = record.methods[method]?.drawing;
  if (drawing === undefined) return <p class="drawing none">This method gives no values of features.</p>;
  return (
    <img
      class="drawing"
      loading="lazy"
      src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing)}`}
      alt={`${record.name} by ${method}`}
    />
  );
}

/** Button that shows the input, and opens it in the dialog. */
export function InputButton(props: InputProps) {
  const { record } = props;
  if (record.thumbnail !== '') return <ImageButton {...props} />;
  return (
    <button type="button" title={record.name} onClick={() => (opened.value = record)}>
      <InputView {...props} />
    </button>
  );
}
