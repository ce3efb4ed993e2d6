interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  /** Words for each value. */
  readonly options: Readonly<Record<T, string>>;
  readonly set: (value: T) => void;
  readonly class?: string;
}

/** Choice of one of a few values, with its label. */
export const Select = <T extends string>({ label, value, options, set, class: name }: SelectProps<T>) => (
  <label class={name}>
    {label}
    <select value={value} onChange={({ currentTarget }) => set(currentTarget.value as T)}>
      {Object.entries<string>(options).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  </label>
);
