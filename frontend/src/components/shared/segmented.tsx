import { useId } from "react";

interface SegmentedProps<T extends string> {
  label: string;
  options: readonly { value: T; text: string }[];
  value: T;
  onChange: (value: T) => void;
}

/** One choice of a few, side by side. */
export function Segmented<T extends string>(props: SegmentedProps<T>) {
  const { label, options, value, onChange } = props;
  const name = useId();
  return (
    <fieldset className="flex min-w-0 max-w-full divide-x overflow-x-auto rounded-md border border-edge bg-surface">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className="relative flex min-h-8 flex-auto items-center justify-center whitespace-nowrap px-2 py-1 text-xs sm:text-sm hover:bg-raised has-checked:bg-accent-soft has-checked:text-accent-strong has-focus-visible:z-10 has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 cursor-pointer opacity-0"
          />
          {option.text}
        </label>
      ))}
    </fieldset>
  );
}
