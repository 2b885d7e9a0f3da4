// A text or CSV of one's own: pasted, or from a file.
import { useEffect, useState } from 'preact/hooks';
import { FileButton } from '../ui/file-button.tsx';
import { useLocale } from '../ui/locale.ts';

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
      <FileButton
        id="data-file"
        label={t('field.file')}
        accept={kind === 'csv' ? '.csv,.txt,text/*' : '.txt,text/*'}
        onFile={async (file) => onChange(await file.text())}
      />
    </div>
  );
}
