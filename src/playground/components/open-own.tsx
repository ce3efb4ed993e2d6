import { useRef } from 'preact/hooks';
import { filesOfList } from '../dropped-files.ts';
import { openOwn } from '../own-model.ts';

/** Opens a model of the user by a file dialog: an ONNX file with what lies beside it, or a zip. Dropping does the same. */
export function OpenOwn() {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        title="An .onnx file, with class names, tokenizer and manifest beside it, or a zip of a folder. It stays in this page."
        onClick={() => picker.current?.click()}
      >
        Open your own model
      </button>
      <input
        ref={picker}
        type="file"
        class="model-file"
        accept=".onnx,.zip,.json,.txt,.data,.csv"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          const files = filesOfList(currentTarget.files ?? []);
          if (files.size > 0) void openOwn(files);
          currentTarget.value = '';
        }}
      />
    </>
  );
}
