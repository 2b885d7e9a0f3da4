// A text or CSV of one's own: pasted, or from a file.
import { useEffect, useState } from 'preact/hooks';
import { useLocale } from './locale.ts';

export interface OwnDataProps {
  readonly kind: 'text' | 'csv';
  /** Empty: what comes with the page. */
  readonly value: string;
  readonly onChange: (data: string) => void;
}

export function OwnData({ kind, value, onChange }: OwnDataProps) {
  const { t } = useLocale();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const open = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (file) onChange(await file.text());
    // So that the same file can be opened again.
    input.value = '';
  };
  return (
    <div class="field">
      <label for="data">{t(`field.${kind}`)}</label>
      <textarea
        id="data"
        rows={3}
        spellcheck={false}
        value={typed}
        aria-describedby="data-hint"
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={() => typed !== value && onChange(typed)}
      />
      <p class="hint" id="data-hint">
        {t(`field.${kind}.hint`)}
      </p>
      <label class="file">
        {t('field.file')}
        <input
          type="file"
          accept={kind === 'csv' ? '.csv,.txt,text/*' : '.txt,text/*'}
          onChange={(event) => open(event.currentTarget)}
        />
      </label>
    </div>
  );
}
