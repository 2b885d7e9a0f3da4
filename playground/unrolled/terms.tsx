// What the steps add to the gradients of the weights: W has a term a step, U one path for each loss.
import { useLocale } from '../ui/locale.ts';
import { hasGradient, hasLosses, type Playhead } from './playhead.ts';
import type { Settings } from './settings.ts';
import type { Seen } from './use-unrolled.ts';

export interface TermsProps {
  readonly seen: Seen;
  readonly settings: Settings;
  readonly playhead: Playhead;
}

export function Terms({ seen, settings, playhead }: TermsProps) {
  const { t, number } = useLocale();
  const { steps: T, k2, losses, units } = settings;
  const index = units > 1 ? '₁₁' : '';
  const reached = (step: number) => hasGradient(playhead, step) && step >= T - k2;
  const back = seen.h.map((_, step) => T - 1 - step).filter(reached);
  const counted = losses.map((step) => step - 1).filter((step) => step >= T - k2 && hasLosses(playhead));
  const largest = Math.max(...seen.terms.W.map(Math.abs), Number.MIN_VALUE);
  const sum = back.reduce((total, step) => total + seen.terms.W[step]!, 0);
  return (
    <section class="terms" aria-label={t('unrolled.terms')}>
      <h2>
        ∂L/∂W{index} = <span id="dW">{number(sum, 4)}</span> <small>= Σ ∂L/∂aₖ · hₖ₋₁</small>
      </h2>
      <ol>
        {back.map((step) => (
          <li key={step}>
            <span>k = {step + 1}</span>
            <span class="term">
              <span
                style={{
                  width: `${(100 * Math.abs(seen.terms.W[step]!)) / largest}%`,
                  background: `var(${seen.terms.W[step]! < 0 ? '--low' : '--high'})`,
                }}
              />
            </span>
            <span id={`dW-${step + 1}`}>{number(seen.terms.W[step]!)}</span>
          </li>
        ))}
      </ol>
      <h2>
        ∂L/∂U{units > 1 ? '₁' : ''} ={' '}
        <span id="dU">
          {number(
            counted.reduce((total, step) => total + seen.terms.U[step]!, 0),
            4,
          )}
        </span>{' '}
        <small>= Σ ∂L/∂ŷₜ · hₜ</small>
      </h2>
      <p class="hint">{t('unrolled.onePath')}</p>
    </section>
  );
}
