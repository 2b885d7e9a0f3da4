// Beside it the line of an LSTM's cell: on its way back a gradient is multiplied by forget gates alone.
import { useLocale } from '../ui/locale.ts';
import { Slider } from '../ui/slider.tsx';
import type { Settings } from './settings.ts';
import type { Seen } from './use-unrolled.ts';

export interface MemoryLineProps {
  readonly seen: Seen;
  readonly settings: Settings;
  readonly onForget: (forget: number) => void;
}

const STEP = 100;

export function MemoryLine({ seen, settings, onForget }: MemoryLineProps) {
  const { t, number } = useLocale();
  const { steps: T } = settings;
  const factors = seen.forget.slice(1);
  const product = (values: readonly number[]) => values.reduce((all, value) => all * value, 1);
  // What is left of a gradient at the last cell when it has come back to each.
  const left = seen.forget.map((_, step) => product(factors.slice(step)));
  return (
    <section class="memory" aria-label={t('unrolled.lstm')}>
      <h2>{t('unrolled.lstm')}</h2>
      <svg viewBox={`0 0 ${STEP * T} 64`} role="img" aria-label={t('unrolled.lstm.picture')}>
        {left.map((share, step) => (
          <g key={step}>
            <circle class="unit-box" cx={STEP * step + 50} cy={26} r={20} fill="none" />
            <text x={STEP * step + 50} y={31}>
              c{'₀₁₂₃₄₅₆₇₈'[step + 1]}
            </text>
            {step < T - 1 && (
              <path
                class="way-back"
                d={`M${STEP * step + 128} 26H${STEP * step + 74}`}
                stroke-width={Math.max(0.4, 14 * product(factors.slice(step)))}
              />
            )}
            {step < T - 1 && (
              <text class="gradient small" x={STEP * step + 100} y={60}>
                × {number(factors[step]!, 2)}
              </text>
            )}
            <title>{number(share)}</title>
          </g>
        ))}
      </svg>
      <p class="hint">
        {t('unrolled.lstm.product', { steps: T, share: number(left[0]!) })}
        {settings.units === 1 &&
          ` ${t('unrolled.tanh.product', { share: number(product(seen.jacobians.slice(1).map(([J]) => J!))) })}`}
      </p>
      <Slider
        id="forget"
        label={t('unrolled.forget', { forget: number(settings.forget) })}
        min={-3}
        max={5}
        step={0.5}
        value={settings.forget}
        onInput={onForget}
      />
    </section>
  );
}
