// What names mean, folded away.
import { useLocale } from './locale.ts';

export interface HelpProps {
  readonly entries: readonly { readonly name: string; readonly meaning: string }[];
}

export function Help({ entries }: HelpProps) {
  const { t } = useLocale();
  return (
    <details class="help">
      <summary>
        {t('help')}
        <span class="hidden-text">: {entries.map(({ name }) => name).join(', ')}</span>
      </summary>
      <dl>
        {entries.map(({ name, meaning }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
