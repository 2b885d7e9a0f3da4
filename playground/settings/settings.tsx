// The settings: the task, one network, and perhaps a second.

import type { Key } from '../app/strings.ts';
import { Help } from '../ui/help.tsx';
import { useLocale } from '../ui/locale.ts';
import { type NamedRun, nameOf } from '../ui/named-run.ts';
import { type Config, defaultConfig } from './config.ts';
import { OwnData } from './data.tsx';
import { FieldInput } from './field.tsx';
import {
  isLive,
  isUsed,
  type RunField,
  type RunSettings,
  runFields,
  type TaskField,
  type TaskName,
  type TaskSettings,
  taskFields,
} from './fields.ts';

export interface SettingsProps {
  readonly config: Config;
  /** The networks, with their names. */
  readonly runs: readonly NamedRun[];
  /** While networks learn only what they can go on with can be changed. */
  readonly frozen: boolean;
  readonly onChange: (config: Config) => void;
}

const groups: readonly { readonly title: Key; readonly fields: readonly RunField[] }[] = [
  { title: 'group.cell', fields: ['cell', 'activation', 'hidden', 'layers', 'init', 'gain', 'forget'] },
  {
    title: 'group.learning',
    fields: ['bptt', 'k1', 'k2', 'optimizer', 'rate', 'clip', 'limit', 'l2', 'dropout'],
  },
];

const sequenceFields = ['length', 'batch', 'seed'] as const;
type SequenceField = (typeof sequenceFields)[number] | 'temperature';

export function Settings({ config, runs, frozen, onChange }: SettingsProps) {
  const { t } = useLocale();
  const { a, b } = config;
  return (
    <form class="settings" aria-label={t('settings')} onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend>{t('task')}</legend>
        {frozen && <p class="hint">{t('settings.frozen')}</p>}
        <TaskFields config={config} frozen={frozen} onChange={onChange} />
        <label class="check">
          <input
            type="checkbox"
            id="compare"
            checked={b !== undefined}
            disabled={frozen}
            onChange={(event) => onChange({ ...config, b: event.currentTarget.checked ? a : undefined })}
          />
          {t('compare')}
        </label>
        {b && <p class="hint">{t('compare.hint')}</p>}
      </fieldset>
      {runs.map(({ letter, name, settings }) => (
        <RunFieldset
          key={letter}
          letter={b && letter}
          name={name}
          run={settings}
          frozen={frozen}
          onChange={(next) => onChange({ ...config, [letter]: next })}
        />
      ))}
    </form>
  );
}

/** What is learned, and from how much. */
function TaskFields({ config, frozen, onChange }: Omit<SettingsProps, 'runs'>) {
  const { t } = useLocale();
  const { task, b, language } = config;
  const setTask = (name: TaskField, value: string | number) => {
    if (name !== 'task') return onChange({ ...config, task: { ...task, [name]: value } as TaskSettings });
    // Another task begins with settings of its own; a comparison stays one.
    const next = defaultConfig(value as TaskName, language);
    onChange({ ...next, b: b && { ...b, hidden: next.a.hidden, rate: next.a.rate } });
  };
  const nameOf = (name: SequenceField) => (name === 'length' && task.task === 'copy' ? 'length.copy' : name);
  const shown: readonly SequenceField[] = task.task === 'text' ? [...sequenceFields, 'temperature'] : sequenceFields;
  return (
    <>
      <FieldInput
        id="task"
        label={t('field.task')}
        field={taskFields.task}
        value={task.task}
        texts="task"
        disabled={frozen}
        onChange={(value) => setTask('task', value)}
      />
      <p class="hint">{t(`about.${task.task}`)}</p>
      {(task.task === 'text' || task.task === 'csv') && (
        <OwnData
          key={task.task}
          kind={task.task}
          value={config.data}
          disabled={frozen}
          onChange={(data) => onChange({ ...config, data })}
        />
      )}
      <div class="fields">
        {shown.map((name) => (
          <FieldInput
            key={name}
            id={name}
            label={t(`field.${nameOf(name)}`)}
            field={taskFields[name]}
            value={task[name]}
            texts={name}
            disabled={frozen && !isLive(name)}
            onChange={(value) => setTask(name, value)}
          />
        ))}
      </div>
      <Help
        entries={shown.map((name) => ({
          name: t(`field.${nameOf(name)}`),
          meaning: t(`help.${nameOf(name)}`),
        }))}
      />
    </>
  );
}

interface RunFieldsetProps {
  /** Undefined when there is only one network. */
  readonly letter: NamedRun['letter'] | undefined;
  readonly name: string | undefined;
  readonly run: RunSettings;
  readonly frozen: boolean;
  readonly onChange: (run: RunSettings) => void;
}

function RunFieldset({ letter, name, run, frozen, onChange }: RunFieldsetProps) {
  const { t } = useLocale();
  const prefix = letter === 'b' ? 'b-' : '';
  return (
    <fieldset class={letter && `run-${letter}`}>
      <legend>{nameOf(name, t)}</legend>
      {groups.map(({ title, fields }) => {
        const used = fields.filter((field) => isUsed(field, run));
        return (
          <fieldset key={title} class="group">
            <legend>{t(title)}</legend>
            <div class="fields">
              {used.map((field) => (
                <FieldInput
                  key={field}
                  id={prefix + field}
                  label={t(`field.${field}`)}
                  field={runFields[field]}
                  value={run[field]}
                  texts={field}
                  disabled={frozen && !isLive(field)}
                  onChange={(value) => onChange({ ...run, [field]: value })}
                />
              ))}
            </div>
            <Help entries={used.map((field) => ({ name: t(`field.${field}`), meaning: t(`help.${field}`) }))} />
          </fieldset>
        );
      })}
    </fieldset>
  );
}
