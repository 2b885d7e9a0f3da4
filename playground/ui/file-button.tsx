// A button in front of a file input, which looks different everywhere and speaks the browser's language.
export interface FileButtonProps {
  readonly id: string;
  readonly label: string;
  readonly accept: string;
  readonly disabled?: boolean;
  readonly onFile: (file: File) => void;
}

export function FileButton({ id, label, accept, disabled = false, onFile }: FileButtonProps) {
  return (
    <label class="button">
      {label}
      <input
        type="file"
        id={id}
        class="hidden-text"
        accept={accept}
        disabled={disabled}
        onChange={({ currentTarget: input }) => {
          const file = input.files?.[0];
          if (file) onFile(file);
          // So that the same file can be opened again.
          input.value = '';
        }}
      />
    </label>
  );
}
