import { useState } from 'preact/hooks';
import { spoken } from '../state.ts';

/** A button that puts a text onto the clipboard. */
export function CopyButton({ label, text, title }: { label: string; text: () => string; title?: string | undefined }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text());
    setCopied(true);
    spoken.value = 'Copied.';
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" title={title} onClick={() => void copy()}>
      {copied ? 'Copied' : label}
    </button>
  );
}
