// One setting: a list to choose from or a number, with what is wrong about it.
import { useEffect, useState } from 'preact/hooks';
import type { NumberField } from '../../src/base/fields.ts';
import type { Key } from '../app/strings.ts';
import { useLocale } from '../ui/locale.ts';
import { type Field, readField } from './fields.ts';

export interface FieldProps {
  /** Of the element; what is wrong has the id with `-error`. */
  readonly id: string;
  readonly label: string;
  readonly field: Field;
  readonly value: string | number;
  /** The text of a choice is `{texts}.{value}`. */
  readonly texts: string;
  readonly disabled: boolean;
  readonly onChange: (value: string | number) => void;
}

export function FieldInput(props: FieldProps) {
  const { id, label, field } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {'values' in field ? <Choice {...props} values={field.values} /> : <NumberInput {...props} field={field} />}
    </div>
  );
}

function Choice({ id, values, value, texts, disabled, onChange }: FieldProps & { readonly values: readonly string[] }) {
  const { t } = useLocale();
  return (
    <select id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value)}>
      {values.map((choice) => (
        <option key={choice} value={choice} selected={choice === value}>
          {t(`${texts}.${choice}` as Key)}
        </option>
      ))}
    </select>
  );
}

function NumberInput({ id, field, value, disabled, onChange }: FieldProps & { readonly field: NumberField }) {
  const { t, language, decimals } = useLocale();
  const written = decimals(String(value));
  const [typed, setTyped] = useState(written);
  useEffect(() => setTyped(written), [written]);
  // Russian has a decimal comma; in English a comma parts thousands, which could be taken for one.
  const next = readField(field, language === 'ru' ? typed.trim().replace(',', '.') : typed.trim());
  const wrong = next === undefined;
  return (
    <>
      <input
        id={id}
        value={typed}
        disabled={disabled}
        inputMode={field.whole ? 'numeric' : 'decimal'}
        autocomplete="off"
        aria-invalid={wrong}
        aria-describedby={`${id}-error`}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={() => next !== undefined && next !== value && onChange(next)}
      />
      <p class="error" id={`${id}-error`} role="alert">
        {wrong && t('field.wrong', { expected: expected(field, t) })}
      </p>
    </>
  );
}

/** What a field takes, in words. */
export function expected(field: Field, t: ReturnType<typeof useLocale>['t']): string {
  if ('values' in field) return t('expected.choice', { values: field.values.join(', ') });
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = field.limits;
  if (max === Number.MAX_SAFE_INTEGER) return t('expected.least', { min });
  return t(field.whole ? 'expected.whole' : 'expected.real', { min, max });
}
