// A text or CSV of one's own: pasted, or from a file.
import { useEffect, useState } from 'preact/hooks';
import { invalidAt } from '../../src/formats/utf8.ts';
import { FileButton } from '../ui/file-button.tsx';
import { useLocale } from '../ui/locale.ts';

export interface OwnDataProps {
  readonly kind: 'text' | 'csv';
  /** Empty: what comes with the page. */
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (data: string) => void;
}

export function OwnData({ kind, value, disabled, onChange }: OwnDataProps) {
  const { t } = useLocale();
  const [typed, setTyped] = useState(value);
  /** The byte of a file at which it is no text. */
  const [wrong, setWrong] = useState<number>();
  useEffect(() => setTyped(value), [value]);
  const open = async (file: File) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = decode(bytes);
    setWrong(text === undefined ? invalidAt(bytes) : undefined);
    if (text !== undefined) onChange(text);
  };
  return (
    <div class="field">
      <label for="data">{t(`field.${kind}`)}</label>
      <textarea
        id="data"
        rows={3}
        spellcheck={false}
        value={typed}
        disabled={disabled}
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
        disabled={disabled}
        onFile={open}
      />
      {wrong !== undefined && (
        <p class="error" role="alert">
          {t('data.encoding', { place: wrong })}
        </p>
      )}
    </div>
  );
}

/** UTF-8, or UTF-16 that begins with its mark; undefined for other bytes. */
function decode(bytes: Uint8Array): string | undefined {
  const mark = `${bytes[0]} ${bytes[1]}`;
  const encoding = mark === '255 254' ? 'utf-16le' : mark === '254 255' ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
